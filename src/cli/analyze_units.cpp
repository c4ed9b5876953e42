// lexome analyze units: where tokenizers cut, beside genes, motifs and reading frames.
#include "base/log.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "cli/common.h"
#include "cli/tokenizers.h"
#include "lexome/error.h"
#include "segments/analysis.h"

namespace lexome::cli {
void run_analyze_units(CommandLine& line) {
  UnitsRequest request;
  GenomeArguments genomes;
  OutputOptions output;
  TokenizerRequest tokens;
  std::vector<std::string> models;
  std::string analysis;
  bool no_version = false;
  line.operand("units", &analysis, "this analysis");
  add_output(line, &output, "DIR", "folder for tables and report.html", true);
  line.heading("What is cut");
  add_genomes(line, &genomes, "the sequence; its soft mask tells repeats");
  line.list("-r,--region", "REGION", &request.regions,
            "part of the genome, chr1:1,001-2,000 (1-based, closed); may be given several times");
  line.text("-R,--regions", "BED", &request.bed, "parts of the genome from a BED file");
  line.heading("What cuts (at least one of these)");
  line.list("-m,--model", "[NAME=]VOCAB", &models,
            "a vocabulary, or a run that makes its own tokens; may be given several times");
  line.list("--ngrams", "TABLE", &request.tables,
            "a table of n-grams (lexome vocab pmi): cuts by PMI and by branching entropy");
  line.list("--segments", "NAME=BED", &request.segments,
            "cuts of any other program: the edges of a BED file's intervals");
  line.heading("What it is held against");
  line.list("-a,--annotation", "FILE", &request.annotations,
            "genes: GFF3, GTF, or a simulator's truth.bed; may be given several times");
  line.text("--motifs", "BED", &request.motifs,
            "sites of motifs, as analyze motifs --sites writes them");
  line.list("--view", "REGION", &request.views,
            "draw the units of these bases in the report; may be given several times");
  line.heading("How");
  line.integer("--draws", "N", &request.draws, 1, 1000, "draws of each null");
  line.integer("--window", "BP", &tokens.window, 1, 1'000'000'000,
               "bases that a run's network reads at once (as in training)");
  line.integer("--flank", "BP", &tokens.flank, 0, 1'000'000'000,
               "of these, how many on each side are not cut there (a quarter)");
  add_seed(line, &request.seed);
  add_machine(line, &tokens.machine);
  add_no_version(line, &no_version);
  if (!line.parse()) return;
  if (genomes.specs.size() != 1) throw ConfigError("analyze units takes one genome: -g GENOME");
  request.genome = genomes.specs[0];
  request.genome_options = genomes.options;
  request.out = output.path;
  request.force = output.force;
  request.provenance = !no_version;
  request.threads = thread_count(tokens.machine.threads);
  request.command = line.command();
  for (const auto& [name, opened] : open_tokenizers(tokens, models)) {
    request.tokenizers.push_back({name, opened.tokenizer, opened.own_lines});
  }
  const UnitsSummary made = analyze_units(request);
  log::info("{}: {} ways to cut {} bases, {} kinds of boundaries, {} genes", output.path, made.rows,
            with_commas(made.bases), made.landmarks, with_commas(static_cast<int64_t>(made.genes)));
}

}  // namespace lexome::cli
