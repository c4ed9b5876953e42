#include "data/linear_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lexome/error.h"

namespace lexome {
namespace {

constexpr double kDecrease = 1e-6;  // far below what dev can tell apart

}  // namespace

LinearProblem::LinearProblem(const LabelledSet& train, const LabelledSet& dev, int threads)
    : train_(train), dev_(dev), threads_(threads) {
  if (train.rows.empty() || dev.rows.empty()) {
    throw InputError("a baseline needs rows to learn from and rows to choose by");
  }
  if (train.regression != dev.regression || train.classes != dev.classes) {
    throw InternalError("a baseline got training and dev sets of different classes");
  }
  if (!train.regression) {
    for (const LabelledRow& row : train.rows) labels_.push_back(row.label);
    return;
  }
  double sum = 0, squares = 0;
  for (const LabelledRow& row : train.rows) sum += static_cast<double>(row.value);
  mean_ = sum / static_cast<double>(train.rows.size());
  for (const LabelledRow& row : train.rows) {
    values_.push_back(static_cast<double>(row.value) - mean_);
    squares += values_.back() * values_.back();
  }
  scale_ = std::sqrt(squares / static_cast<double>(values_.size()));
  if (!(scale_ > 0)) {
    throw InputError(
        fmt::format("{}: every row has the same value; there is nothing to predict", train.path));
  }
  for (double& value : values_) value /= scale_;
}

LinearModel LinearProblem::fit(const SparseRows& rows, double c, const LinearModel* start) {
  int64_t evaluations = 0;
  LinearFit how;
  how.c = c;
  how.threads = threads_;
  how.decrease = kDecrease;
  how.start = start;
  how.evaluations = &evaluations;
  const auto classes = static_cast<int>(train_.classes.size());
  LinearModel model =
      train_.regression ? fit_ridge(rows, values_, how) : fit_logistic(rows, labels_, classes, how);
  ++trials_;
  // A product and a sum for each entry, on the way to the scores and back to the gradient.
  flops_ += 4.0 * static_cast<double>(evaluations) * static_cast<double>(rows.value.size()) *
            static_cast<double>(model.outputs);
  return model;
}

std::vector<std::vector<double>> LinearProblem::predict(const LinearModel& model,
                                                        const SparseRows& rows) const {
  std::vector<std::vector<double>> out = model.predict(rows);
  if (model.loss == LinearLoss::kLogistic) return out;
  for (std::vector<double>& row : out) row[0] = mean_ + scale_ * row[0];
  return out;
}

double LinearProblem::dev_loss(const std::vector<std::vector<double>>& predicted) const {
  double sum = 0;
  for (size_t r = 0; r < predicted.size(); ++r) {
    if (dev_.regression) {
      const double error = predicted[r][0] - static_cast<double>(dev_.rows[r].value);
      sum += error * error;
    } else {
      sum -= std::log(std::max(1e-300, predicted[r][static_cast<size_t>(dev_.rows[r].label)]));
    }
  }
  return sum / static_cast<double>(predicted.size());
}

}  // namespace lexome
