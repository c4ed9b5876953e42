// Linear models with an L2 penalty on sparse rows, fitted by L-BFGS in double precision: logistic
// and multinomial regression, and ridge regression. Deterministic for any number of threads.
//   minimise  C sum_i loss_i + 1/2 |W|^2   (intercepts not penalised; scikit-learn's convention)
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "data/kmer_features.h"

namespace lexome {

enum class LinearLoss {
  kLogistic,  // classes 0..K-1: one weight column when K = 2, else a softmax over K columns
  kSquared,   // 1/2 (y - f)^2
};

struct LinearModel {
  LinearLoss loss = LinearLoss::kLogistic;
  size_t outputs = 0;  // weight columns
  size_t features = 0;
  std::vector<double> weights;     // [features * outputs]
  std::vector<double> intercepts;  // [outputs]
  // Class probabilities (K of them), or one value.
  std::vector<std::vector<double>> predict(const SparseRows& rows) const;
};

struct LinearFit {
  double c = 1.0;
  int most_steps = 500;
  double tolerance = 1e-4;  // on the largest gradient component, relative to C x rows / 100
  double decrease = 0;      // stop when a step lowers the objective by less than this share
  int threads = 1;
  const LinearModel* start = nullptr;  // same shape; zeros when null
  int64_t* evaluations = nullptr;      // added to: how often the objective was computed
};

// `labels` are classes below `num_classes`.
LinearModel fit_logistic(const SparseRows& rows, const std::vector<int32_t>& labels,
                         int num_classes, const LinearFit& fit);
LinearModel fit_ridge(const SparseRows& rows, const std::vector<double>& values,
                      const LinearFit& fit);

// The objective at a model and its gradient (weights, then intercepts). `targets` are classes or
// values.
double linear_objective(const LinearModel& model, const SparseRows& rows,
                        const std::vector<double>& targets, double c, int threads,
                        std::vector<double>* gradient);

// Minimises a smooth convex function from `x` on: limited-memory BFGS (Nocedal and Wright 2006,
// algorithm 7.5) with a line search for the weak Wolfe conditions. Stops when no gradient component
// exceeds `tolerance`, when a step lowers the value by no more than the share `decrease` (or not at
// all), or after `most_steps`. Returns the steps taken.
int minimise_lbfgs(
    const std::function<double(const std::vector<double>& x, std::vector<double>* gradient)>& value,
    double tolerance, double decrease, int most_steps, std::vector<double>* x);

}  // namespace lexome
