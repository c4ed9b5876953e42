// lexome analyze codes: what the codes of a learned vocabulary stand for.
#include "base/log.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "cli/common.h"
#include "codes/analysis.h"
#include "lexome/engine.h"
#include "lexome/error.h"

namespace lexome::cli {

void run_analyze_codes(CommandLine& line) {
  CodesRequest request;
  GenomeArguments genomes;
  OutputOptions output;
  Machine machine;
  std::string word;
  bool no_version = false;
  line.operand("codes", &word, "");
  line.text("-m,--model", "VOCAB", &request.vocabulary, "folder of a learned vocabulary");
  line.required();
  add_genomes(line, &genomes, "the bases to look at");
  add_output(line, &output, "DIR", "folder for tables, codes.meme and report.html", true);
  line.list("-r,--region", "REGION", &request.regions,
            "part of the genome, chr1:1,001-2,000; may be given several times");
  line.integer("--bases", "N", &request.bases, 1000, 1'000'000'000,
               "bases to look at where no region is named");
  line.heading("Against");
  line.list("-a,--annotations", "FILE", &request.annotations,
            "BED or GFF; may be given several times");
  line.list("--motifs", "FILE", &request.databases,
            "motif database, MEME or TRANSFAC text (.gz too); may be given several times");
  line.text("--taxon", "NAME", &request.taxon, "keep motifs of this taxon, as vertebrates");
  line.integer("--shifts", "N", &request.shifts, 100, 1'000'000,
               "circular shifts that annotations are judged by");
  add_seed(line, &request.seed);
  add_no_version(line, &no_version);
  add_machine(line, &machine);
  if (!line.parse()) return;
  if (genomes.specs.size() != 1) throw ConfigError("analyze codes looks at one genome: -g GENOME");
  request.genome = genomes.specs[0];
  request.genome_options = genomes.options;
  request.out = output.path;
  request.force = output.force;
  request.provenance = !no_version;
  request.threads = thread_count(machine.threads);
  request.command = line.command();
  const CodesSummary found = load_engine(machine).analyze_codes(machine, request);
  log::info(
      "{}: {} labellings of {} bases{}", output.path, found.labellings, with_commas(found.bases),
      request.annotations.empty()
          ? ""
          : fmt::format("; pairs of label and annotation at q <= 0.05: {} of codes, {} of 6-mers",
                        found.enriched, found.enriched_words));
}

}  // namespace lexome::cli
