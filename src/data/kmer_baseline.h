// The baseline every fine-tuned model stands beside: k-mer counts and a linear model. k and the
// penalty are chosen on dev by a fixed grid, never on test.
#pragma once

#include <vector>

#include "data/labelled.h"
#include "data/logistic.h"

namespace lexome {

struct KmerBaseline {
  int k = 0;
  double c = 0;            // weight of the data against the penalty (logistic.h)
  bool canonical = false;  // both strands as one
  double dev_loss = 0;     // mean log loss in nats, or mean squared error of values
  LinearModel model;
  double value_mean = 0, value_scale = 1;  // regression targets are standardised for fitting
  int64_t trials = 0;                      // settings tried
  double flops = 0;                        // of all trials
  // Class probabilities in the order of the training set's classes, or one value a row.
  std::vector<std::vector<double>> predict(const LabelledSet& set) const;
};

// Tries k = 3..6, one strand or both as one, and C = 0.1, 1, 10, 100 (upwards, until dev gets
// worse); keeps what has the lowest loss on dev (the first of equals). `dev` must have its classes
// aligned with `train`.
KmerBaseline fit_kmer_baseline(const LabelledSet& train, const LabelledSet& dev, int threads);

}  // namespace lexome
