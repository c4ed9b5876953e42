// lexome tokenize: tokens with coordinates.
#include "data/tokenize.h"

#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/error.h"

namespace lexome::cli {

void run_tokenize(CommandLine& line) {
  TokenizeRequest request;
  GenomeArguments genomes;
  OutputOptions output{"-", false};
  bool no_version = false;
  request.threads = 0;
  line.operands("FASTA", &request.inputs, "sequences to tokenize; - reads stdin", false);
  line.text("-m,--model", "VOCAB", &request.vocabulary, "a vocabulary, or a run's");
  line.required();
  add_genomes(line, &genomes, "tokenize a genome with random access instead");
  line.list("-r,--region", "REGION", &request.regions,
            "part of the genome, chr1:1,001-2,000 (1-based, closed); may be given several times");
  line.text("-R,--regions", "BED", &request.bed, "parts of the genome from a BED file");
  add_output(line, &output, "OUT", "where to write; - is stdout", false);
  line.choice("-O,--format", "FORMAT", &request.format, {"tsv", "bed", "json", "npy"},
              "what to write");
  line.integer("--window", "BP", &request.window, 1, 1'000'000'000,
               "bases between the grid's lines, anchored at each contig's start");
  line.text(
      "--n-policy", "POLICY", &request.n_policy,
      "keep: all tokens; skip: none that holds an N; max=F: no stretch with more than F of N");
  add_no_version(line, &no_version);
  add_threads(line, &request.threads);
  if (!line.parse()) return;
  if (genomes.specs.size() > 1) throw ConfigError("tokenize takes one genome: -g is given twice");
  if (request.inputs.empty() == genomes.specs.empty()) {
    throw ConfigError("tokenize needs either FASTA files or -g GENOME");
  }
  if (genomes.specs.empty() && (!request.regions.empty() || !request.bed.empty())) {
    throw ConfigError("regions need random access: give the genome as -g GENOME");
  }
  if (!genomes.specs.empty()) request.genome = genomes.specs[0];
  request.genome_options = genomes.options;
  request.out = output.path;
  request.force = output.force;
  request.provenance = !no_version;
  request.threads = thread_count(request.threads);
  request.command = line.command();
  const TokenizeSummary made = tokenize(request);
  log::info("{} tokens of {} bases{}", with_commas(made.tokens), with_commas(made.bases),
            made.left_out == 0 ? "" : ", " + with_commas(made.left_out) + " left out for their N");
}

}  // namespace lexome::cli
