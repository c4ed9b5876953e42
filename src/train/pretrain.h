// Pre-training: from genomes and a recipe to a run folder. What a recipe may say is declared by the
// parts that read it: sections vocab, model, mask, windows, train and evaluate.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/window_plan.h"
#include "lexome/engine.h"
#include "lexome/masker.h"
#include "lexome/options.h"
#include "mask/registry.h"
#include "models/model.h"
#include "train/base_nll.h"
#include "train/trainer.h"
#include "vocab/registry.h"

namespace lexome {

// The options of a pre-training run. `vocab.name`, `mask.name` and `model.name` choose the parts,
// whose own options join the schema. ConfigError for unknown keys (with the nearest known one) and
// bad values.
class PretrainConfig {
 public:
  // `vocabulary`: a path given to -m, which wins over the recipe.
  explicit PretrainConfig(const Recipe& recipe, const std::string& vocabulary = "");
  PretrainConfig(const PretrainConfig&) = delete;  // fields point into it
  PretrainConfig& operator=(const PretrainConfig&) = delete;
  std::string dump() const { return schema_.dump(); }
  const std::vector<Fields::Field>& fields() const { return schema_.fields(); }

  std::string vocab_name = "kmer", vocab_path;  // vocab_path: a vocabulary instead of learning one
  std::string mask_name = "random", model_name = "dnabert";
  WindowOptions windows;
  double max_overlap = 0.05;   // share of held-out windows that may stand in the training side
  bool allow_overlap = false;  // go on above it
  TrainOptions train;
  BaseNllOptions base_nll;
  int64_t loss_windows = 256;  // held-out windows of the validation loss
  MaskShares shares;
  std::unique_ptr<VocabTrainer> vocab_trainer;  // null with vocab_path
  std::unique_ptr<MaskPolicyMaker> mask_maker;
  std::unique_ptr<ModelMaker> model_maker;

 private:
  Fields choices();
  Fields own_window_fields();
  Fields own_evaluate_fields();
  Schema schema_;
};

// The options of pre-training that do not depend on the parts chosen.
std::vector<Fields::Field> training_fields();

// What training on `tokens` tokens (specials included) in windows of `length` bases cost, as
// counted by Model::forward_flops; `guessed` is the share of tokens the loss asks for.
double pretraining_flops(const Model& model, double tokens, double bases, int64_t length,
                         double guessed);

// The hash of what is trained on, and its description for state.json.
std::string describe_genomes(const GenomeSet& genomes, nlohmann::json* list);

// Runs it: vocabulary, audit of train against validation, training, yardstick.
// Throws ConfigError, InputError, IoError, FormatError, Interrupted.
void pretrain(const PretrainRequest& request);

}  // namespace lexome
