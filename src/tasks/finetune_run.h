// One fine-tuning in memory: a model, the parts of a labelled set and a budget. `finetune` does one
// and keeps its checkpoints; `evaluate` does hundreds and keeps their predictions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lexome/result_table.h"
#include "report/metrics.h"
#include "tasks/finetune_data.h"
#include "tasks/finetune_options.h"
#include "tasks/pretraining_facts.h"
#include "tasks/rows.h"
#include "tasks/task_model.h"
#include "train/trainer.h"

namespace lexome {

// A frozen encoder's pooled vectors by the rows they are of, for runs of one model that differ in
// seed or learning rate alone. Keys: sha256 of the rows' bases.
using StoredVectors = std::map<std::string, Tensor>;

struct FinetuneSetting {
  std::string task;  // its name
  uint64_t seed = 1;
  bool scratch = false;  // the model has fresh weights: nothing is said about pre-training
  torch::Device device{torch::kCPU};
  bool bf16 = false;
  bool quiet = false;                                                         // one of many
  std::shared_ptr<StoredVectors> stored = std::make_shared<StoredVectors>();  // a probe's
};

// Where checkpoints go; nowhere by default.
struct FinetuneFolder {
  std::string out;
  bool resume = false, force = false;
};

class FinetuneRun {
 public:
  // Settles `options`, whose recipe says which keys were given. ConfigError, InputError: a metric
  // that does not apply, values that are all the same.
  FinetuneRun(LoadedModel loaded, FinetuneData data, FinetuneOptions options, const Recipe& recipe,
              FinetuneSetting setting);
  FinetuneRun(const FinetuneRun&) = delete;  // batches point into it
  FinetuneRun& operator=(const FinetuneRun&) = delete;

  // Leaves the weights that were best on dev. InputError, Interrupted.
  TrainResult train(const FinetuneFolder& folder);
  // A few updates without evaluation, nothing saved: what a dry run measures.
  TrainResult try_updates(int64_t updates);
  Scored predict_dev() { return predict(dev_); }
  Scored predict_test() { return predict(test_); }

  // Cells that all result rows share: task, sizes, pre-training, recipe, and after training its
  // cost.
  const ResultRow& about() const { return about_; }
  const FinetuneData& data() const { return data_; }  // rows as the model takes them
  const FinetuneOptions& options() const { return options_; }
  const std::string& metric() const { return metric_; }  // what chose the weights
  TaskModel& model() { return *model_; }
  // The model's recipe with this run's sections in place of older ones, sorted by key.
  std::string recipe_text() const;
  // Of one row of average length, forward.
  double row_flops() const { return row_flops_; }

 private:
  // One set with its batches and, for a probe, its pooled vectors.
  struct Side {
    const LabelledSet* set = nullptr;
    std::unique_ptr<LabelledBatches> batches;
    Tensor features_ND;
  };

  bool probe() const { return options_.mode == "probe"; }
  bool adapted() const { return options_.mode == "lora"; }
  void prepare_model(LoadedModel loaded);
  void standardise(TaskSpec* spec) const;
  void plan_pieces(const LoadedModel& loaded, TaskSpec* spec) const;
  void prepare_sides(const Recipe& recipe);
  void measure_rows();
  void fill_about();
  TrainerSetup setup() const;
  TrainerHooks hooks();
  Batch stored_batch(uint64_t index) const;
  Tensor stored_features(const TensorBatch& batch) const;
  void store_features();
  Tensor features(const Side& side);
  Tensor compute_features(const Side& side);
  void for_groups(
      const Side& side,
      const std::function<void(const std::vector<int64_t>& group, const Batch& batch)>& use) const;
  Scored predict(const Side& side);
  Evaluation evaluate();
  double flops_of(const TrainResult& result) const;

  FinetuneSetting setting_;
  FinetuneOptions options_;
  FinetuneData data_;
  std::optional<TaskModel> model_;
  std::string metric_;
  Side train_, dev_, test_;
  double row_flops_ = 0;
  PretrainingFacts facts_;
  ResultRow about_;
};

}  // namespace lexome
