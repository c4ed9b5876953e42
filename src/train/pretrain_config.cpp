// Resolving a recipe: first the names of the parts, then the options of the parts chosen.
#include <fmt/format.h>

#include "base/log.h"
#include "lexome/error.h"
#include "models/frozen_codes.h"
#include "models/registry.h"
#include "train/pretrain.h"

namespace lexome {
namespace {

// The entries of the tables as the values a choice may take.
template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.emplace_back(entry.name);
  return names;
}

// A vocabulary that is given cannot be configured; what a preset says about learning one goes.
Recipe without_vocab(const Recipe& recipe, const std::string& path) {
  Recipe rest;
  std::string dropped;
  for (const auto& [key, setting] : recipe.settings()) {
    if (key.rfind("vocab.", 0) == 0 && key != "vocab.path") {
      if (key != "vocab.name") dropped += (dropped.empty() ? "" : ", ") + key;
    } else {
      rest.set(key, setting.value, setting.origin);
    }
  }
  if (!dropped.empty()) {
    log::warn_once("ignored, since the vocabulary is given ({}): {}", path, dropped);
  }
  return rest;
}

}  // namespace

PretrainConfig::PretrainConfig(const Recipe& recipe, const std::string& vocabulary) {
  const auto read_name = [&recipe](const char* key, std::string* value) {
    if (const Recipe::Setting* setting = recipe.find(key)) *value = setting->value;
  };
  read_name("vocab.name", &vocab_name);
  read_name("vocab.path", &vocab_path);
  read_name("mask.name", &mask_name);
  read_name("model.name", &model_name);
  if (!vocabulary.empty()) vocab_path = vocabulary;

  mask_maker = masker_entry(mask_name).maker();
  model_maker = model_entry(model_name).maker();
  schema_.add(choices())
      .add(model_maker->fields())
      .add(mask_maker->fields())
      .add(mask_share_fields(&shares))
      .add(windows.fields())
      .add(own_window_fields())
      .add(train.fields())
      .add(base_nll.fields())
      .add(own_evaluate_fields());
  if (auto* const reader = dynamic_cast<CodesReader*>(model_maker.get()))
    schema_.add(reader->codes_fields());
  if (vocab_path.empty()) {
    vocab_trainer = tokenizer_entry(vocab_name).trainer();
    schema_.add(vocab_trainer->fields());
    schema_.apply(recipe);
  } else {
    schema_.apply(without_vocab(recipe, vocab_path));
    if (!vocabulary.empty()) vocab_path = vocabulary;
    vocab_name.clear();
  }
  train.make_schedule();  // refuses a warm-up longer than the run before any work starts
}

Fields PretrainConfig::choices() {
  Fields fields("");
  const auto names = names_of(tokenizer_registry());
  if (vocab_path.empty()) {
    fields.choice("vocab.name", &vocab_name, names, "the vocabulary to make");
  }
  fields
      .text("vocab.path", &vocab_path,
            "a vocabulary or run to take the vocabulary from; empty: make one")
      .choice("mask.name", &mask_name, names_of(masker_registry()),
              "which tokens are to be guessed")
      .choice("model.name", &model_name, names_of(model_registry()), "the model");
  return fields;
}

Fields PretrainConfig::own_window_fields() {
  Fields fields("windows");
  fields
      .number("max_overlap", &max_overlap, 0, 1,
              "largest share of held-out windows that may stand in the training side")
      .flag("allow_overlap", &allow_overlap, "train all the same when more does");
  return fields;
}

Fields PretrainConfig::own_evaluate_fields() {
  Fields fields("evaluate");
  fields.integer("windows", &loss_windows, 1, 1 << 24,
                 "held-out windows of the validation loss, masked once for all");
  return fields;
}

std::vector<Fields::Field> training_fields() {
  WindowOptions windows;
  TrainOptions train;
  BaseNllOptions base_nll;
  MaskShares shares;
  std::vector<Fields::Field> all;
  for (const Fields& part :
       {mask_share_fields(&shares), windows.fields(), train.fields(), base_nll.fields()}) {
    for (Fields::Field field : part.all()) {
      field.read = nullptr;  // these options live no longer than this call
      field.write = nullptr;
      all.push_back(std::move(field));
    }
  }
  return all;
}

}  // namespace lexome
