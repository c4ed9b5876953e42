// The one training loop, used by pre-training and by fine-tuning: accumulation, clipping,
// evaluation, early stop, checkpoints, guards and resuming. What is learned from what comes in
// through TrainerHooks. Micro-batch `index` is a pure function of its number, so a resumed run sees
// what the unbroken one saw.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "lexome/batch.h"
#include "models/model.h"
#include "tensor/tensor_io.h"
#include "train/optimizer.h"
#include "train/train_options.h"

namespace lexome {

using Metrics = std::vector<std::pair<std::string, double>>;

// What an evaluation found. `score` decides the best checkpoint and early stopping.
struct Evaluation {
  double score = 0;
  bool higher_is_better = false;
  Metrics metrics;  // logged in this order
};

struct TrainerHooks {
  // Micro-batch `index`, counted from 0 over the whole run; called from worker threads.
  std::function<Batch(uint64_t index)> make_batch;
  // The mean loss over the labelled tokens (or rows) of a micro-batch, with its graph.
  std::function<Loss(const TensorBatch& batch, const Pass& pass)> loss;
  // Called after every update of the weights, gradients off: state that follows them, such as
  // codebooks. May be empty.
  std::function<void(int64_t step)> updated;
  // Further figures of the update just made, for log.tsv. May be empty.
  std::function<Metrics()> figures;
  // Scores the present weights, gradients off; called every eval_every steps and after the last.
  // May be empty.
  std::function<Evaluation(int64_t step)> evaluate;
  // Called once at the end with the best weights in place (the last ones without evaluation); what
  // it returns is logged under the split "final". May be empty.
  std::function<Metrics(int64_t step)> finish;
};

struct TrainerSetup {
  TrainOptions options;
  uint64_t seed = 1;
  int threads = 1;
  torch::Device device{torch::kCPU};
  bool bf16 = false;
  std::string out;  // run folder; empty: nothing is saved (tests, dry runs)
  bool resume = false, force = false;
  std::string what = "training";           // for the progress bar
  bool quiet = false;                      // one of many runs: no bar, no line an evaluation
  std::vector<NamedParameter> parameters;  // to train
  TensorMap tensors;                       // to save, sharing storage with what is trained
  std::string recipe, tokenizer;           // for the checkpoints
  nlohmann::json state =
      nlohmann::json::object();  // further members of state.json ("task", data hashes)
  Metrics constants;             // logged at step 0 under the split "data"
};

struct TrainResult {
  int64_t steps = 0;  // updates done over all parts of the run
  int64_t best_step = -1;
  double best_score = 0;
  std::string best, last;  // checkpoint folders; empty without `out`
  bool stopped_early = false;
  double last_loss = 0;
  Metrics last_metrics;           // of the last evaluation
  Metrics final_metrics;          // what finish() returned
  double seconds = 0;             // wall time of training, evaluation and saving left out
  int64_t tokens = 0, bases = 0;  // seen in training
  std::string log;                // the text of log.tsv
};

// Refuses an existing run unless `force` or `resume` (ConfigError), before any work starts.
void check_run_folder(const std::string& out, bool resume, bool force);

// Trains. Throws InputError when the loss is not finite or has left its average (the last good
// checkpoint is named), Interrupted after saving when SIGINT or SIGTERM came.
TrainResult run_training(const TrainerSetup& setup, const TrainerHooks& hooks);

}  // namespace lexome
