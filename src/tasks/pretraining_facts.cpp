// Newer checkpoints tell all of it; of older ones the log and the recipe are asked.
#include "tasks/pretraining_facts.h"

#include <cmath>
#include <filesystem>

#include "base/text.h"
#include "report/text_table.h"
#include "train/pretrain.h"

namespace lexome {
namespace {

// The mean of one value over the log of a training; the first value under "data" when training
// wrote none. NaN without either.
double logged_mean(const std::string& path, const std::string& name) {
  if (!std::filesystem::exists(path)) return ResultRow::kNone;
  const TextTable log = read_text_table(path);
  const int split = log.find("split"), key = log.find("name"), value = log.find("value");
  if (split < 0 || key < 0 || value < 0) return ResultRow::kNone;
  double sum = 0, constant = ResultRow::kNone;
  int64_t count = 0;
  for (const std::vector<std::string>& row : log.rows) {
    double number = 0;
    if (row[key] != name || !parse_double(row[value], &number)) continue;
    if (row[split] == "data") constant = number;
    if (row[split] != "train") continue;
    sum += number;
    ++count;
  }
  return count == 0 ? constant : sum / static_cast<double>(count);
}

int64_t recipe_number(const Recipe& recipe, const char* key) {
  const Recipe::Setting* setting = recipe.find(key);
  int64_t number = -1;
  if (setting != nullptr) parse_int(setting->value, &number);
  return number;
}

}  // namespace

PretrainingFacts pretraining_facts(const LoadedModel& loaded) {
  const nlohmann::json& state = loaded.state;
  PretrainingFacts facts;
  facts.context = recipe_number(loaded.recipe, "windows.length");
  if (state.contains("task")) {
    facts.seed = state.value("pretrain_seed", int64_t{-1});
    facts.bases = state.value("pretrain_bases", int64_t{-1});
    facts.masked_share = state.value("pretrain_masked_share", ResultRow::kNone);
    facts.flops = state.value("pretrain_flops", ResultRow::kNone);
    return facts;
  }
  const nlohmann::json loop = state.value("loop", nlohmann::json::object());
  const std::string log = loaded.folder + "/log.tsv";
  facts.seed = state.value("seed", int64_t{-1});
  facts.bases = loop.value("bases", int64_t{-1});
  facts.masked_share = logged_mean(log, "hidden_bases");
  const int64_t tokens = loop.value("tokens", int64_t{-1});
  if (tokens > 0 && facts.bases > 0 && facts.context > 0) {
    const double guessed = state.value("masked_tokens", logged_mean(log, "masked_tokens"));
    facts.flops = pretraining_flops(*loaded.model, static_cast<double>(tokens),
                                    static_cast<double>(facts.bases), facts.context,
                                    std::isnan(guessed) ? 0 : guessed);
  }
  return facts;
}

nlohmann::json to_json(const PretrainingFacts& facts) {
  nlohmann::json json = {{"pretrain_seed", facts.seed}, {"pretrain_bases", facts.bases}};
  // JSON has no NaN: what is not known is left out.
  if (!std::isnan(facts.masked_share)) json["pretrain_masked_share"] = facts.masked_share;
  if (!std::isnan(facts.flops)) json["pretrain_flops"] = facts.flops;
  return json;
}

void add_facts(const PretrainingFacts& facts, ResultRow* row) {
  row->pretrain_seed = facts.seed;
  row->bases_seen = facts.bases;
  row->masked_share = facts.masked_share;
  row->pretrain_flops = facts.flops;
}

}  // namespace lexome
