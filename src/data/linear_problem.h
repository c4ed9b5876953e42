// What the linear baselines share: the targets of a labelled set as a linear model wants them, fits
// of one penalty after another, and the loss on dev that chooses between them.
#pragma once

#include <vector>

#include "data/labelled.h"
#include "data/logistic.h"

namespace lexome {

class LinearProblem {
 public:
  // InputError without rows on either side or when all values are the same. The sets must outlive
  // this.
  LinearProblem(const LabelledSet& train, const LabelledSet& dev, int threads);

  // A model of `rows`, which stand for the training set; `start` has the same shape, or is null.
  LinearModel fit(const SparseRows& rows, double c, const LinearModel* start);
  // Class probabilities in the order of the classes, or one value a row in the unit of the values.
  std::vector<std::vector<double>> predict(const LinearModel& model, const SparseRows& rows) const;
  // Mean log loss in nats, or mean squared error, of predictions for dev.
  double dev_loss(const std::vector<std::vector<double>>& predicted) const;

  double value_mean() const { return mean_; }
  double value_scale() const { return scale_; }
  int64_t trials() const { return trials_; }  // fits made
  double flops() const { return flops_; }     // of all fits, products and sums

 private:
  const LabelledSet& train_;
  const LabelledSet& dev_;
  int threads_;
  std::vector<int32_t> labels_;
  std::vector<double> values_;  // standardised
  double mean_ = 0, scale_ = 1;
  int64_t trials_ = 0;
  double flops_ = 0;
};

}  // namespace lexome
