// The grid of the k-mer baseline. Fits of one k start from the fit before, whose penalty was
// stronger.
#include "data/kmer_baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int kKs[] = {3, 4, 5, 6};
constexpr double kCs[] = {0.1, 1.0, 10.0, 100.0};
constexpr double kDecrease = 1e-6;  // far below what dev can tell apart

std::vector<int32_t> labels_of(const LabelledSet& set) {
  std::vector<int32_t> labels;
  for (const LabelledRow& row : set.rows) labels.push_back(row.label);
  return labels;
}

double mean_loss(const std::vector<std::vector<double>>& predicted, const LabelledSet& set) {
  double sum = 0;
  for (size_t r = 0; r < predicted.size(); ++r) {
    if (set.regression) {
      const double error = predicted[r][0] - static_cast<double>(set.rows[r].value);
      sum += error * error;
    } else {
      sum -= std::log(std::max(1e-300, predicted[r][static_cast<size_t>(set.rows[r].label)]));
    }
  }
  return sum / static_cast<double>(predicted.size());
}

}  // namespace

std::vector<std::vector<double>> KmerBaseline::predict(const LabelledSet& set) const {
  std::vector<std::vector<double>> out = model.predict(kmer_features(set.rows, k, canonical));
  if (model.loss == LinearLoss::kLogistic) return out;
  for (std::vector<double>& row : out) row[0] = value_mean + value_scale * row[0];
  return out;
}

KmerBaseline fit_kmer_baseline(const LabelledSet& train, const LabelledSet& dev, int threads) {
  if (train.rows.empty() || dev.rows.empty()) {
    throw InputError("the k-mer baseline needs rows to learn from and rows to choose by");
  }
  if (train.regression != dev.regression || train.classes != dev.classes) {
    throw InternalError("the k-mer baseline got training and dev sets of different classes");
  }
  KmerBaseline trial;
  std::vector<double> values;
  if (train.regression) {
    double sum = 0, squares = 0;
    for (const LabelledRow& row : train.rows) sum += static_cast<double>(row.value);
    trial.value_mean = sum / static_cast<double>(train.rows.size());
    for (const LabelledRow& row : train.rows) {
      values.push_back(static_cast<double>(row.value) - trial.value_mean);
      squares += values.back() * values.back();
    }
    trial.value_scale = std::sqrt(squares / static_cast<double>(values.size()));
    if (!(trial.value_scale > 0)) {
      throw InputError(
          fmt::format("{}: every row has the same value; there is nothing to predict", train.path));
    }
    for (double& value : values) value /= trial.value_scale;
  }

  KmerBaseline best;
  best.dev_loss = std::numeric_limits<double>::infinity();
  for (const bool canonical : {false, true}) {
    trial.canonical = canonical;
    for (const int k : kKs) {
      trial.k = k;
      trial.model = LinearModel();
      const SparseRows features = kmer_features(train.rows, k, canonical);
      double previous = std::numeric_limits<double>::infinity();
      for (const double c : kCs) {
        trial.c = c;
        const LinearModel before = trial.model;
        LinearFit fit;
        fit.c = c;
        fit.threads = threads;
        fit.decrease = kDecrease;
        fit.start = &before;
        trial.model = train.regression ? fit_ridge(features, values, fit)
                                       : fit_logistic(features, labels_of(train),
                                                      static_cast<int>(train.classes.size()), fit);
        trial.dev_loss = mean_loss(trial.predict(dev), dev);
        if (trial.dev_loss < best.dev_loss) best = trial;
        if (trial.dev_loss > previous) break;
        previous = trial.dev_loss;
      }
    }
  }
  return best;
}

}  // namespace lexome
