// What may be said about a training loop: section "train" of a recipe, declared once for
// pre-training and fine-tuning.
#pragma once

#include <cstdint>
#include <string>

#include "lexome/options.h"
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

}  // namespace lexome
