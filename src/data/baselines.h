// The simple models every trained one must beat, behind one function each. Torch-free ones stand in
// this table; the one-hot network stands with the models. All choose on dev alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/labelled.h"

namespace lexome {

struct FittedBaseline {
  std::string settings;  // what was chosen on dev: "k = 5, C = 10"
  int64_t parameters = 0;
  int64_t trials = 0;  // settings tried on dev
  double flops = 0;    // of all trials, an estimate
  // One row an item: class probabilities in the order of the classes, or one value.
  std::vector<std::vector<double>> dev, test;
};

struct Baseline {
  const char* name;
  const char* help;
  FittedBaseline (*fit)(const LabelledSet& train, const LabelledSet& dev, const LabelledSet& test,
                        uint64_t seed, int threads);
};

const std::vector<Baseline>& baselines();  // majority, kmer-lr, kmer-position

}  // namespace lexome
