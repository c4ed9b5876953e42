// Objectives of linear models on sparse rows. Rows are cut into a fixed number of blocks whose
// gradients are added in order, so the sum does not know how many threads made it.
#include "data/logistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kBlocks = 8;  // a gradient buffer each

void scores_of(const LinearModel& model, const SparseRows& rows, size_t r,
               std::vector<double>* scores) {
  *scores = model.intercepts;
  for (size_t j = rows.begin[r]; j < rows.begin[r + 1]; ++j) {
    const double* weights = model.weights.data() + size_t{rows.column[j]} * model.outputs;
    for (size_t o = 0; o < model.outputs; ++o) (*scores)[o] += rows.value[j] * weights[o];
  }
}

double sigmoid(double score) {
  return score >= 0 ? 1.0 / (1.0 + std::exp(-score)) : std::exp(score) / (1.0 + std::exp(score));
}

// Scores to probabilities in place; returns log sum exp.
double softmax(std::vector<double>* scores) {
  const double most = *std::max_element(scores->begin(), scores->end());
  double sum = 0;
  for (double& score : *scores) {
    score = std::exp(score - most);
    sum += score;
  }
  for (double& score : *scores) score /= sum;
  return most + std::log(sum);
}

// Loss of one row; `scores` become its derivatives by the scores.
double row_loss(LinearLoss loss, double target, std::vector<double>* scores) {
  std::vector<double>& s = *scores;
  if (loss == LinearLoss::kSquared) {
    s[0] -= target;
    return 0.5 * s[0] * s[0];
  }
  const auto label = static_cast<size_t>(target);
  if (s.size() == 1) {
    const double score = s[0];
    s[0] = sigmoid(score) - target;
    return std::max(score, 0.0) - target * score + std::log1p(std::exp(-std::abs(score)));
  }
  const double of_label = s[label];
  const double log_sum = softmax(scores);
  s[label] -= 1.0;
  return log_sum - of_label;
}

LinearModel fit_linear(LinearLoss loss, size_t outputs, const SparseRows& rows,
                       const std::vector<double>& targets, const LinearFit& fit) {
  if (targets.size() != rows.rows() || targets.empty()) {
    throw InternalError(fmt::format("{} rows came with {} targets", rows.rows(), targets.size()));
  }
  LinearModel model;
  model.loss = loss;
  model.outputs = outputs;
  model.features = rows.columns;
  const size_t count = rows.columns * outputs;
  std::vector<double> x(count + outputs, 0.0);
  if (fit.start != nullptr && fit.start->weights.size() == count) {
    std::copy(fit.start->weights.begin(), fit.start->weights.end(), x.begin());
    std::copy(fit.start->intercepts.begin(), fit.start->intercepts.end(),
              x.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const auto unpack = [&](const std::vector<double>& from) {
    const auto border = from.begin() + static_cast<std::ptrdiff_t>(count);
    model.weights.assign(from.begin(), border);
    model.intercepts.assign(border, from.end());
  };
  const double tolerance =
      fit.tolerance * std::max(1.0, fit.c * static_cast<double>(rows.rows()) / 100.0);
  minimise_lbfgs(
      [&](const std::vector<double>& at, std::vector<double>* gradient) {
        unpack(at);
        if (fit.evaluations != nullptr) ++*fit.evaluations;
        return linear_objective(model, rows, targets, fit.c, fit.threads, gradient);
      },
      tolerance, fit.decrease, fit.most_steps, &x);
  unpack(x);
  return model;
}

}  // namespace

double linear_objective(const LinearModel& model, const SparseRows& rows,
                        const std::vector<double>& targets, double c, int threads,
                        std::vector<double>* gradient) {
  const size_t outputs = model.outputs, count = model.weights.size();
  std::vector<std::vector<double>> partial(kBlocks);
  std::vector<double> losses(kBlocks, 0.0);
  parallel_for(kBlocks, 1, threads, [&](int64_t first, int64_t last) {
    std::vector<double> scores;
    for (int64_t block = first; block < last; ++block) {
      std::vector<double>& mine = partial[static_cast<size_t>(block)];
      mine.assign(count + outputs, 0.0);
      const size_t begin = rows.rows() * static_cast<size_t>(block) / kBlocks;
      const size_t end = rows.rows() * static_cast<size_t>(block + 1) / kBlocks;
      for (size_t r = begin; r < end; ++r) {
        scores_of(model, rows, r, &scores);
        losses[static_cast<size_t>(block)] += row_loss(model.loss, targets[r], &scores);
        for (size_t j = rows.begin[r]; j < rows.begin[r + 1]; ++j) {
          double* slot = mine.data() + size_t{rows.column[j]} * outputs;
          for (size_t o = 0; o < outputs; ++o) slot[o] += rows.value[j] * scores[o];
        }
        for (size_t o = 0; o < outputs; ++o) mine[count + o] += scores[o];
      }
    }
  });
  double total = 0;
  gradient->assign(count + outputs, 0.0);
  for (size_t block = 0; block < partial.size(); ++block) {
    total += c * losses[block];
    for (size_t i = 0; i < gradient->size(); ++i) (*gradient)[i] += c * partial[block][i];
  }
  for (size_t i = 0; i < count; ++i) {
    total += 0.5 * model.weights[i] * model.weights[i];
    (*gradient)[i] += model.weights[i];
  }
  return total;
}

LinearModel fit_logistic(const SparseRows& rows, const std::vector<int32_t>& labels,
                         int num_classes, const LinearFit& fit) {
  for (const int32_t label : labels) {
    if (label >= 0 && label < num_classes) continue;
    throw InternalError(fmt::format("label {} of {} classes", label, num_classes));
  }
  const std::vector<double> targets(labels.begin(), labels.end());
  return fit_linear(LinearLoss::kLogistic, num_classes == 2 ? 1 : static_cast<size_t>(num_classes),
                    rows, targets, fit);
}

LinearModel fit_ridge(const SparseRows& rows, const std::vector<double>& values,
                      const LinearFit& fit) {
  return fit_linear(LinearLoss::kSquared, 1, rows, values, fit);
}

std::vector<std::vector<double>> LinearModel::predict(const SparseRows& rows) const {
  std::vector<std::vector<double>> out(rows.rows());
  for (size_t r = 0; r < rows.rows(); ++r) {
    scores_of(*this, rows, r, &out[r]);
    if (loss == LinearLoss::kSquared) continue;
    if (outputs == 1) {
      const double p = sigmoid(out[r][0]);
      out[r] = {1.0 - p, p};
    } else {
      softmax(&out[r]);
    }
  }
  return out;
}

}  // namespace lexome
