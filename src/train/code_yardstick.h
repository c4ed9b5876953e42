// How well a model guesses masked codes, beside what their visible neighbours alone give away
// (data/local_codes.h) and beside the commonest code.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/local_codes.h"
#include "lexome/batch.h"
#include "lexome/result_table.h"
#include "models/vqdna_bert.h"
#include "train/trainer.h"

namespace lexome {

class CodeYardstick {
 public:
  using Batches = std::function<void(const std::function<void(const Batch& batch)>& use)>;

  // Counts neighbours, and the bases that codes stand at, on `training`; `validation` is what is
  // guessed. Both call their argument with every batch.
  CodeYardstick(VqdnaBert& model, const Batches& training, Batches validation,
                const torch::Device& device);

  // "level1.accuracy", ...: shares of masked codes guessed right.
  Metrics accuracies(bool bf16) const;
  // "level1.local_accuracy", "level1.commonest_accuracy", ...
  const Metrics& baselines() const { return baselines_; }
  std::string describe(const Metrics& accuracies) const;  // one line for people
  // One row a level for the model and for each of the simple guesses.
  ResultTable table(const Metrics& accuracies, const ResultRow& common) const;

 private:
  VqdnaBert& model_;
  Batches validation_;
  torch::Device device_;
  Metrics baselines_;
  int64_t asked_ = 0;
};

}  // namespace lexome
