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
#include "lexome/options.h"
#include "models/model.h"
#include "tensor/tensor_io.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace lexome {

struct TrainOptions {
  int64_t steps = 1000;      // updates
  int64_t batch = 32;        // sequences a micro-batch
  int64_t batch_tokens = 0;  // padded tokens a micro-batch at most; 0: `batch` rules
  int64_t accumulate = 1;    // micro-batches an update
  double lr = 1e-4;
  int64_t warmup = 0;
  std::string schedule = "linear";  // linear | cosine | constant
  double lr_floor = 0.0;
  AdamWOptions adamw;
  double clip = 1.0;  // 0: off
  int64_t log_every = 10;
  int64_t eval_every = 0;  // 0: only at the end
  int64_t save_every = 0;  // 0: only where evaluation improves, and at the end
  int64_t keep = 2;        // last checkpoints kept; the best one is kept besides
  int64_t patience = 0;    // evaluations without improvement before stopping; 0: never
  double guard_margin =
      1.0;  // loss above its slow average by this much, for guard_steps steps, stops
  int64_t guard_steps = 100;
  std::string precision = "auto";  // auto | fp32 | bf16
  Fields fields();                 // section "train"
  Schedule make_schedule() const;
};

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
};

// Refuses an existing run unless `force` or `resume` (ConfigError), before any work starts.
void check_run_folder(const std::string& out, bool resume, bool force);

// Trains. Throws InputError when the loss is not finite or has left its average (the last good
// checkpoint is named), Interrupted after saving when SIGINT or SIGTERM came.
TrainResult run_training(const TrainerSetup& setup, const TrainerHooks& hooks);

}  // namespace lexome
