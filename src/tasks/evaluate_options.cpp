// Section "suite" is read here; the rest goes on to fine-tuning, with the budget of an evaluation
// under what the recipe says.
#include "tasks/evaluate_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "lexome/error.h"
#include "train/checkpoint.h"

namespace lexome {
namespace {

constexpr char kDefaultRates[] = "1e-4,5e-4,2e-3";

Fields suite_fields(EvaluateOptions* o, std::string* rates) {
  Fields fields("suite");
  fields.text("rates", rates, "learning rates that every neural arm tries on dev, with commas")
      .flag("scratch", &o->scratch, "each architecture from random weights, as an arm of its own")
      .choice("unequal", &o->unequal, {"refuse", "warn"}, "arms of --equal whose compute differs")
      .number("max_difference", &o->max_difference, 0, 1,
              "share by which compute may differ and still be called equal");
  return fields;
}

std::vector<double> parse_rates(const std::string& text) {
  std::vector<double> rates;
  for (const std::string_view item : split(text, ',')) {
    double rate = 0;
    if (!parse_double(trim(item), &rate) || !(rate > 0 && rate <= 10)) {
      throw ConfigError(
          fmt::format("suite.rates: '{}' is no learning rate; write them as 1e-4,3e-4", item));
    }
    rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  return rates;
}

}  // namespace

std::vector<Fields::Field> evaluate_option_texts() {
  EvaluateOptions options;
  std::string rates = kDefaultRates;
  std::vector<Fields::Field> all = suite_fields(&options, &rates).all();
  for (Fields::Field& field : all) field.read = nullptr, field.write = nullptr;
  return all;
}

EvaluateOptions EvaluateOptions::from(const Recipe& recipe) {
  EvaluateOptions options;
  std::string rates = kDefaultRates;
  Schema schema;
  schema.add(suite_fields(&options, &rates));
  schema.apply(recipe_sections(recipe, {"suite"}));
  const Recipe::Setting* one_rate = recipe.find("train.lr");
  if (one_rate != nullptr && recipe.find("suite.rates") == nullptr) rates = one_rate->value;
  if (one_rate != nullptr && recipe.find("suite.rates") != nullptr) {
    log::warn("train.lr is ignored: suite.rates is given");
  }
  options.rates = parse_rates(rates);
  for (const auto& [key, setting] : recipe.settings()) {
    if (key.rfind("suite.", 0) != 0 && key != "train.lr") {
      options.training.set(key, setting.value, setting.origin);
    }
  }
  const auto set_default = [&](const char* key, const char* value) {
    if (recipe.find(key) == nullptr) options.training.set(key, value, "default of evaluate");
  };
  if (recipe.find("train.steps") == nullptr) {
    set_default("finetune.epochs", "5");
    set_default("finetune.min_updates", "200");
    set_default("finetune.max_updates", "500");
  }
  set_default("finetune.evaluations", "5");
  for (const char* key : {"finetune.task", "finetune.kind", "finetune.dev_share",
                          "finetune.baseline", "train.save_every"}) {
    if (recipe.find(key) != nullptr) {
      log::warn("{} is ignored: the suite decides it", key);
    }
  }
  options.finetune();  // refuses unknown keys before any work
  return options;
}

std::string EvaluateOptions::dump() const {
  EvaluateOptions copy = *this;
  std::vector<std::string> texts;
  for (const double rate : rates) texts.push_back(format_number(rate));
  std::string joined = fmt::format("{}", fmt::join(texts, ","));
  Schema schema;
  schema.add(suite_fields(&copy, &joined));
  FinetuneOptions tuned = finetune();
  return schema.dump() + tuned.schema().dump();
}

}  // namespace lexome
