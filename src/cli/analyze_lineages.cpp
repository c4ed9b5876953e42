// lexome analyze lineages: how vocabularies tell the lineages of a virus apart.
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/analyze.h"
#include "cli/common.h"
#include "cli/tokenizers.h"
#include "lexome/error.h"
#include "lineages/analysis.h"

namespace lexome::cli {

void run_analyze_lineages(CommandLine& line) {
  LineageRequest request;
  OutputOptions output;
  TokenizerRequest tokens;
  std::vector<std::string> words, models;
  std::string classes;
  bool no_version = false;
  line.operands("lineages TREE", &words, "a tree with mutations, Auspice JSON version 2 (.gz too)");
  add_output(line, &output, "DIR", "folder for labelled sets, tables and report.html", true);
  line.heading("Genomes");
  line.text("--reference", "FASTA", &request.reference,
            "what the tree's mutations change; needed unless the tree has a root sequence");
  line.text("--consensus", "FASTA", &request.consensus,
            "genomes aligned to the reference that stand for the leaves of their names");
  line.list("--isolates", "FASTA", &request.isolates,
            "test these genomes instead of subtrees; may be given several times");
  line.list("--labels", "TABLE", &request.labels,
            "labels of the isolates: columns name, who_label and perhaps kmer_jaccard");
  line.heading("Classes");
  line.text("--label", "ATTRIBUTE", &request.attribute,
            "the leaves' attribute that names the class (clade_who, else clade_membership)");
  line.text("--classes", "NAMES", &classes, "classes to tell apart, comma-separated; all of them");
  line.text("--constellations", "DIR", &request.constellations,
            "defining sites as cov-lineages' JSON; else those of the training genomes");
  line.list("--genes", "GFF", &request.genes, "genes of the reference; may be given several times");
  line.heading("How");
  line.list("-m,--model", "[NAME=]VOCAB", &models,
            "a vocabulary to judge beside bases and 6-mers (a learned one: its folder); "
            "NAME-untrained is taken for NAME's network before training; may be given several "
            "times");
  line.list("--recombinant", "NAME=LEFT,RIGHT", &request.recombinants,
            "a recombinant leaf and its parents, as XBB=BJ.1,BM.1.1.1: left and right of the "
            "breakpoint must fall to them; may be given several times");
  line.integer("--window", "N", &request.window, 50, 1'000'000, "bases of a window");
  line.integer("--per-class", "N", &request.per_class, 1, 100'000,
               "genomes of a class on each side, at most");
  add_seed(line, &request.seed);
  add_machine(line, &tokens.machine);
  add_no_version(line, &no_version);
  if (!line.parse()) return;
  if (words.size() != 2) {
    throw ConfigError(fmt::format(
        "analyze lineages reads one TREE (Auspice JSON), not {}; `lexome analyze lineages -h` "
        "shows the options",
        words.size() - 1));
  }
  request.tree = words[1];
  for (const std::string_view name : split(classes, ',')) {
    if (!trim(name).empty()) request.classes.emplace_back(trim(name));
  }
  request.out = output.path;
  request.force = output.force;
  request.provenance = !no_version;
  request.threads = thread_count(tokens.machine.threads);
  request.command = line.command();
  for (const auto& [name, opened] : open_tokenizers(tokens, models)) {
    request.vocabularies.push_back({name, opened.tokenizer});
  }
  const LineageSummary found = analyze_lineages(request);
  log::info(
      "{}: {} classes, {} training and {} tested genomes; best on genomes: {}, on windows: {}",
      output.path, found.classes, found.train, found.test, found.best, found.best_windows);
}

}  // namespace lexome::cli
