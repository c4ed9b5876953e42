// Pre-training: from genomes and a recipe to a run folder. Everything a recipe may say is declared
// here, by the parts that read it: sections vocab, model, mask, windows, train and evaluate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/window_plan.h"
#include "lexome/engine.h"
#include "lexome/options.h"
#include "train/base_nll.h"
#include "train/trainer.h"

namespace lexome {

// The options of a pre-training run, resolved from a recipe: `vocab.name`, `mask.name` and
// `model.name` choose the parts, whose own options join the schema. ConfigError for unknown keys
// (with the nearest).
class PretrainConfig {
 public:
  explicit PretrainConfig(const Recipe& recipe);
  ~PretrainConfig();
  PretrainConfig(PretrainConfig&&) noexcept;
  std::string dump() const;  // the resolved recipe
  std::vector<Fields::Field> fields() const;

  struct Parts;  // pretrain_config.h: makers and option structs
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

// All options of pre-training with their defaults, those of every registered part included.
std::vector<Fields::Field> training_fields();

// Runs it. ConfigError, InputError, IoError, Interrupted.
void pretrain(const PretrainRequest& request);

}  // namespace lexome
