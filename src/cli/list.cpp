// lexome list: the registry tables with their options, ranges and defaults.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "data/baselines.h"
#include "data/suite.h"
#include "genome/simulator.h"
#include "lexome/engine.h"
#include "lexome/error.h"
#include "mask/registry.h"
#include "vocab/registry.h"

namespace lexome::cli {
namespace {

struct Table {
  std::string name, help;
  std::function<std::vector<ComponentInfo>()> components;
};

// Fixed tokenizers, then the ones that networks learn, without their options where the build has no
// tensors.
std::vector<ComponentInfo> tokenizers(const Machine& machine) {
  std::vector<ComponentInfo> out;
  for (const TokenizerEntry& entry : tokenizer_registry()) {
    out.push_back({entry.name, entry.help, entry.trainer()->fields().all()});
  }
  try {
    for (ComponentInfo& learned : load_engine(machine).vocabularies()) {
      out.push_back(std::move(learned));
    }
  } catch (const ConfigError& error) {
    for (const LearnedVocabulary& each : learned_vocabularies()) {
      out.push_back({each.name, std::string(each.help) + " (needs a build with tensors)", {}});
    }
  }
  return out;
}

std::vector<ComponentInfo> statistics() {
  std::vector<ComponentInfo> out;
  for (const StatisticsEntry& entry : statistics_registry()) {
    out.push_back({entry.name, entry.help, entry.writer()->fields().all()});
  }
  return out;
}

std::vector<ComponentInfo> maskers() {
  std::vector<ComponentInfo> out;
  for (const MaskerEntry& entry : masker_registry()) {
    out.push_back({entry.name, entry.help, entry.maker()->fields().all()});
  }
  MaskShares shares;
  out.push_back(
      {"(every policy)", "what becomes of chosen tokens", mask_share_fields(&shares).all()});
  return out;
}

std::vector<ComponentInfo> simulator() {
  SimulateOptions options;
  return {{"simulate", "the simulated genome and its tasks", options.fields().all()}};
}

std::vector<ComponentInfo> simple_models() {
  std::vector<ComponentInfo> out;
  for (const Baseline& baseline : baselines()) out.push_back({baseline.name, baseline.help, {}});
  return out;
}

std::vector<ComponentInfo> suites() {
  std::vector<ComponentInfo> out;
  for (const std::string& name : shipped_suites()) out.push_back({name, suite_title(name), {}});
  return out;
}

std::string as_text(const Table& table, const std::vector<ComponentInfo>& components) {
  std::string out = fmt::format("{}: {}\n", table.name, table.help);
  for (const ComponentInfo& component : components) {
    out += fmt::format("\n  {:<14} {}\n", component.name, component.help);
    for (const Fields::Field& field : component.options) {
      const std::string range = field.range.empty() ? field.type : field.range;
      const std::string fallback = field.fallback.empty() ? "\"\"" : field.fallback;
      out += fmt::format("    {:<28} {:<12} {} ({})\n", field.key, fallback, field.help, range);
    }
  }
  return out;
}

std::string as_tsv(const Table& table, const std::vector<ComponentInfo>& components) {
  std::string out;
  for (const ComponentInfo& component : components) {
    out += fmt::format("{}\t{}\t\t\t\t\t{}\n", table.name, component.name, component.help);
    for (const Fields::Field& field : component.options) {
      out += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", table.name, component.name, field.key,
                         field.type, field.range, field.fallback, field.help);
    }
  }
  return out;
}

}  // namespace

void run_list(CommandLine& line) {
  Machine machine;
  const std::vector<Table> tables = {
      {"tokenizers", "`lexome vocab KIND`, recipe keys vocab.*",
       [&] { return tokenizers(machine); }},
      {"statistics", "`lexome vocab KIND`: tables that are no tokenizer, recipe keys vocab.*",
       statistics},
      {"maskers", "recipe keys mask.*", maskers},
      {"models", "recipe keys model.*", [&] { return load_engine(machine).models(); }},
      {"training", "recipe keys of `lexome pretrain`, `finetune` and `evaluate`",
       [&] {
         return std::vector<ComponentInfo>{{"pretrain", "windows, schedule, evaluation",
                                            load_engine(machine).training_options()}};
       }},
      {"baselines", "`lexome evaluate --baselines`, beside cnn, a one-hot network", simple_models},
      {"suites", "`lexome evaluate SUITE --data DIR`", suites},
      {"simulator", "`lexome simulate`", simulator}};
  std::vector<std::string> known, wanted;
  for (const Table& table : tables) known.push_back(table.name);
  std::string format = "text";
  line.operands("TABLE", &wanted, fmt::format("{}; all without", fmt::join(known, ", ")).c_str(),
                false);
  line.choice("-O,--format", "FORMAT", &format, {"text", "tsv"}, "what to write");
  if (!line.parse()) return;
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest_name(name, known);
    throw ConfigError(fmt::format("no table '{}'; {}", name,
                                  near.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                               : "did you mean " + near + "?"));
  }
  std::string out = format == "tsv" ? "#table\tcomponent\tkey\ttype\trange\tdefault\thelp\n" : "";
  bool is_first = true;
  for (const Table& table : tables) {
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), table.name) != wanted.end();
    if (!wanted.empty() && !is_wanted) continue;
    std::vector<ComponentInfo> components;
    try {
      components = table.components();
    } catch (const ConfigError& error) {
      if (is_wanted) throw;
      log::warn("{}: {}", table.name, error.what());  // a build without tensors lists what it has
      continue;
    }
    if (format == "text" && !is_first) out += "\n";
    is_first = false;
    out += format == "tsv" ? as_tsv(table, components) : as_text(table, components);
  }
  print(out);
}

}  // namespace lexome::cli
