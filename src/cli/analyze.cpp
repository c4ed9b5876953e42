// lexome analyze: what a vocabulary or a ranking of k-mers has learned. The first word names the
// analysis, each with options of its own.
#include "cli/analyze.h"

#include "base/text.h"
#include "cli/verbs.h"
#include "lexome/error.h"

namespace lexome::cli {
namespace {

struct Analysis {
  const char* name;
  const char* help;  // one line
  void (*run)(CommandLine& line);
};

constexpr Analysis kAnalyses[] = {
    {"lineages", "how vocabularies tell the lineages of a virus apart", run_analyze_lineages},
    {"motifs", "known motifs among k-mers, tokens or matrices", run_analyze_motifs},
    {"units", "where tokenizers cut, beside motifs, splice sites and codons", run_analyze_units},
    {"codes", "what the codes of a learned vocabulary stand for", run_analyze_codes},
};

}  // namespace

void run_analyze(CommandLine& line) {
  const std::string word = line.peek();
  std::vector<std::string> known;
  std::string table;
  for (const Analysis& one : kAnalyses) {
    if (word == one.name) return one.run(line);
    known.emplace_back(one.name);
    table += std::string(table.empty() ? "" : "; ") + one.name + ": " + one.help;
  }
  if (word.empty()) {
    std::string analysis;
    line.operand("ANALYSIS", &analysis, table.c_str());
    if (!line.parse()) return;
  }
  const std::string near = nearest_name(word, known);
  throw ConfigError("no analysis '" + word + "'; " +
                    (near.empty() ? "there are: " + table : "did you mean " + near + "?"));
}

}  // namespace lexome::cli
