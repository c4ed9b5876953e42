// A model with a task head: what fine-tuning trains and prediction runs. The head and what it
// predicts stand in the checkpoint beside the model, so that a fine-tuned run is complete in
// itself. Shape letters: B rows, T tokens, D width, C outputs (classes, or 1 for regression).
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/collate.h"
#include "lexome/batch.h"
#include "nn/heads.h"
#include "nn/join.h"
#include "nn/lora.h"
#include "train/checkpoint.h"
#include "train/optimizer.h"

namespace lexome {

// What a fine-tuned checkpoint predicts, and how: the "task" object of its state.json.
struct TaskSpec {
  std::string name;  // "prom/prom_core_tata"
  bool regression = false;
  std::vector<std::string> classes;  // empty for regression
  std::string pool = "mean";         // cls | mean | max
  bool probe = false;                // the encoder was frozen; features are standardised
  std::string head = "linear";       // linear | mlp
  double dropout = 0.1;              // on pooled vectors, when training
  std::string keep = "middle";       // which part of a too long input is kept: middle | head
  std::string long_inputs = "cut";   // or read in pieces, joined by mean | max | concat | recurrent
  int64_t pieces = 0;                // of "concat": more are cut
  double value_mean = 0, value_scale = 1;  // regression targets are standardised by these

  bool in_pieces() const { return long_inputs != "cut"; }
  int64_t outputs() const { return regression ? 1 : static_cast<int64_t>(classes.size()); }
  nlohmann::json to_json() const;
  static TaskSpec from_json(const nlohmann::json& json, const std::string& origin);  // FormatError
};

class TaskModel {
 public:
  // A new head on a loaded model. The head's weights depend on `seed` alone.
  TaskModel(LoadedModel loaded, TaskSpec spec, const torch::Device& device, bool bf16,
            uint64_t seed);
  // A fine-tuned run. InputError when the checkpoint has no task head.
  static TaskModel open(const std::string& path, const torch::Device& device,
                        const std::string& precision);

  // Rows as this task reads them: the longest in tokens, specials included, and how they are laid
  // out (rows that are read in pieces get their special tokens later).
  int64_t longest_row() const;
  CollateOptions collate_options() const;

  Tensor pooled(const TensorBatch& batch, const Pass& pass);            // [B, D] fp32
  Tensor logits(const Tensor& pooled_BD, const Pass& pass);             // [B, C] fp32
  Tensor loss(const Tensor& logits_BC, const Tensor& targets_B) const;  // scalar
  // One row of outputs() numbers a batch row: class probabilities, or the value. No gradients, no
  // dropout.
  std::vector<double> predict(const Batch& batch);
  // The same from pooled vectors.
  std::vector<double> predict_pooled(const Tensor& pooled_BD);

  // From here on adapters are trained in place of the model's weights, into which they are merged
  // after every update. ConfigError as Lora.
  void adapt(const LoraOptions& options, uint64_t seed);
  Lora* lora() { return lora_.get(); }  // null without adapters

  // Mean and spread of the training features, by which a probe's inputs are standardised.
  void set_feature_scale(const Tensor& features_ND);
  void set_training(bool training);
  // All tensors by name, sharing storage: what a checkpoint saves.
  std::map<std::string, Tensor> tensors() const;
  // What is trained: head and encoder or its adapters, or the head alone.
  std::vector<NamedParameter> parameters() const;

  const TaskSpec& spec() const { return spec_; }
  TaskSpec& spec() { return spec_; }
  const LoadedModel& loaded() const { return loaded_; }
  Model& model() { return *loaded_.model; }
  const Tokenizer& tokenizer() const { return *loaded_.tokenizer; }
  const torch::Device& device() const { return device_; }
  bool bf16() const { return bf16_; }

 private:
  Tensor pooled_rows(const TensorBatch& batch, const Pass& pass);
  LoadedModel loaded_;
  TaskSpec spec_;
  torch::Device device_;
  bool bf16_;
  std::shared_ptr<ClassifierHead> head_;
  std::shared_ptr<Lora> lora_;
  std::shared_ptr<PieceJoin> join_;          // null unless long inputs are read in pieces
  Tensor feature_mean_D_, feature_scale_D_;  // a probe's; undefined otherwise
};

}  // namespace lexome
