// lexome tokenize: tokens with coordinates.
#include "data/tokenize.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/tokenizers.h"
#include "cli/verbs.h"
#include "data/stretch_sample.h"
#include "data/tokenize_cells.h"
#include "lexome/error.h"

namespace lexome::cli {
namespace {

void say_of_network(const TokenizeSummary& made, bool units) {
  if (made.bases > 0 && made.unknown == made.bases) {
    log::warn("every base is N: these tokens say nothing of a sequence");
  }
  if (made.tokens == 0 || !units) return;
  log::info("{:.2f} % of units start at a line of the grid, which forced that boundary",
            100.0 * static_cast<double>(made.forced) / static_cast<double>(made.tokens));
}

}  // namespace

void run_tokenize(CommandLine& line) {
  TokenizeRequest request;
  GenomeArguments genomes;
  OutputOptions output{"-", false};
  bool no_version = false;
  TokenizerRequest tokens;
  line.operands("FASTA", &request.inputs, "sequences to tokenize; - reads stdin", false);
  line.text(
      "-m,--model", "VOCAB", &tokens.path,
      "a vocabulary (a learned one: its folder) or a run's; of a run that makes its own tokens "
      "(mxdna), these");
  line.required();
  add_genomes(line, &genomes, "tokenize a genome with random access instead");
  line.list("-r,--region", "REGION", &request.regions,
            "part of the genome, chr1:1,001-2,000 (1-based, closed); may be given several times");
  line.text("-R,--regions", "BED", &request.bed, "parts of the genome from a BED file");
  add_output(line, &output, "OUT", "where to write; - is stdout", false);
  line.choice("-O,--format", "FORMAT", &request.format, {"tsv", "bed", "json", "npy"},
              "what to write");
  line.integer("--window", "BP", &tokens.window, 1, 1'000'000'000,
               "bases between the grid's lines, anchored at each contig's start (1,000,000); of a "
               "run that makes its own tokens, bases it reads at once (as in training)");
  line.integer(
      "--flank", "BP", &tokens.flank, 0, 1'000'000'000,
      "of the bases such a run reads, how many on each side are not cut there (a quarter)");
  line.text(
      "--n-policy", "POLICY", &request.n_policy,
      "keep: all tokens; skip: none that holds an N; max=F: no stretch with more than F of N");
  add_no_version(line, &no_version);
  add_machine(line, &tokens.machine);
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
  request.threads = thread_count(tokens.machine.threads);
  request.command = line.command();
  check_output(request.out, request.force);
  const LearnedTokenizer opened = open_tokenizer(tokens);
  if (opened.own_lines > 0) {
    request.own_lines = opened.own_lines;
    request.threads = 1;  // the network itself uses them all
  } else if (tokens.window > 0) {
    request.window = tokens.window;
  }
  request.model_sha256 = opened.sha256;
  StretchSample sample;
  if (opened.judge) request.look = [&](const TokenizeCell& cell) { sample.offer(cell.bases); };
  const TokenizeSummary made = tokenize(*opened.tokenizer, request);
  if (opened.own_lines > 0) say_of_network(made, opened.tokenizer->num_levels() == 0);
  if (opened.judge) opened.judge(sample.kept());
  log::info("{} tokens of {} bases{}", with_commas(made.tokens), with_commas(made.bases),
            made.left_out == 0 ? "" : ", " + with_commas(made.left_out) + " left out for their N");
}

}  // namespace lexome::cli
