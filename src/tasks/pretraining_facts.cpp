// Newer checkpoints tell all of it; of older ones the log and the recipe are asked.
#include "tasks/pretraining_facts.h"

#include <cmath>

#include "base/text.h"
#include "train/pretrain.h"
#include "train/run_folder.h"

namespace lexome {
namespace {

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
