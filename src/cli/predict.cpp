// lexome predict: labels and probabilities.
#include "cli/common.h"
#include "cli/verbs.h"

namespace lexome::cli {

void run_predict(CommandLine& line) {
  PredictRequest request;
  OutputOptions output{"-", false};
  bool no_version = false;
  line.operand("INPUT", &request.input, "CSV, TSV or FASTA; - reads stdin");
  line.text("-m,--model", "RUN", &request.model, "a fine-tuned run");
  line.required();
  add_output(line, &output, "OUT.tsv", "where to write; - is stdout", false);
  line.choice("-O,--format", "FORMAT", &request.format, {"tsv"}, "what to write");
  line.choice("--strand", "STRAND", &request.strand, {"+", "-", "both", "mean"},
              "as given, reverse complement, a row for each, or the mean of both");
  line.flag("--skip-bad", &request.skip_bad, "count bad rows instead of stopping at the first");
  add_no_version(line, &no_version);
  add_machine(line, &request.machine);
  if (!line.parse()) return;
  request.out = output.path;
  request.force = output.force;
  request.provenance = !no_version;
  request.command = line.command();
  load_engine(request.machine).predict(request);
}

}  // namespace lexome::cli
