// What may be said about a fine-tuning run: sections "finetune", "finetune.lora" and "train" of its
// recipe. Defaults that depend on the data (updates, warm-up, evaluations) are settled when the
// training set is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "nn/lora.h"
#include "train/trainer.h"

namespace lexome {

struct FinetuneOptions {
  std::string task;                  // empty: from the training file's name
  std::string kind = "auto";         // auto | classes | regression
  std::string mode = "full";         // full | lora | probe
  std::string head = "linear";       // linear | mlp
  std::string pool = "mean";         // cls | mean | max
  std::string keep = "middle";       // which part of a too long sequence: middle | head
  std::string long_inputs = "cut";   // cut | mean | max | concat | recurrent
  double epochs = 5;                 // when train.steps is not given
  int64_t min_updates = 0;           // never fewer updates than this, when train.steps is not given
  int64_t max_updates = 0;           // never more updates than this; 0: no cap
  double warmup_share = 0.1;         // of the updates, when train.warmup is not given
  double evaluations_per_epoch = 1;  // when train.eval_every is not given
  int64_t evaluations = 0;           // the same over the whole run; 0: by epochs
  double dropout = 0.1;
  double dev_share = 0.1;       // of the training rows, when no dev file is given
  std::string metric = "auto";  // what early stopping looks at
  bool both_strands = false;
  bool baseline = true;
  LoraOptions lora;
  TrainOptions train;

  // Reads a recipe: keys of other sections are refused with the nearest known one.
  static FinetuneOptions from(const Recipe& recipe);
  Schema schema();
  // Settles what depends on the number of batches an epoch. `quiet` leaves out what the caller said
  // for all runs.
  void settle(const Recipe& recipe, int64_t batches_per_epoch, bool quiet);
};

// Section "finetune" for lists: texts only, nothing to read into.
std::vector<Fields::Field> finetune_option_texts();

}  // namespace lexome
