// Metrics of labelled tasks, as scikit-learn and SciPy define them. Where a metric has no meaning
// (one class only, constant values) each function says what it returns: a documented value or NaN,
// never an exception, because a bootstrap replicate may well hold one class only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lexome {

// counts[truth * classes + guess].
struct Confusion {
  int classes = 0;
  std::vector<int64_t> counts;

  int64_t at(int truth, int guess) const {
    return counts[static_cast<size_t>(truth) * classes + guess];
  }
  int64_t total() const;
};

// Labels must lie in [0, classes); InternalError otherwise.
Confusion confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> guess,
                           int classes);

// Share of items on the diagonal; NaN without items.
double accuracy(const Confusion& confusion);

// Matthews correlation; for more than two classes Gorodkin's R_K (2004). 0 when truth or guesses
// hold one class only, NaN without items.
double matthews(const Confusion& confusion);

// Unweighted mean of the F1 of each class that occurs in truth or guesses (a class that occurs in
// neither says nothing); a class that is never hit has F1 = 0. NaN without items.
double macro_f1(const Confusion& confusion);

// Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.
// NaN unless both classes occur.
double auroc(std::span<const double> scores, std::span<const uint8_t> positive);

// Average precision: sum over thresholds of precision times the gain in recall (no interpolation).
// NaN without positives.
double average_precision(std::span<const double> scores, std::span<const uint8_t> positive);

// One class against the rest, unweighted mean over classes for which the metric exists. `scores`
// holds one row of `classes` numbers an item. NaN when no class has both sides.
double macro_one_vs_rest(std::span<const double> scores, std::span<const int32_t> truth,
                         int classes,
                         double (*metric)(std::span<const double>, std::span<const uint8_t>));

// Pearson's r; NaN with fewer than two items or a constant side.
double pearson(std::span<const double> x, std::span<const double> y);
// Pearson's r of the ranks; ties share their mean rank.
double spearman(std::span<const double> x, std::span<const double> y);
// Ranks from 1; ties share their mean rank.
std::vector<double> mean_ranks(std::span<const double> values);
double mean_squared_error(std::span<const double> x, std::span<const double> y);

// Index of the largest number of each row; the first one of equals.
std::vector<int32_t> best_class(std::span<const double> scores, int classes);

// What a task predicts and how good it is. For classes: `scores` holds one row of `classes` numbers
// an item and `labels` the truth; for regression `classes` is 0, `scores` holds one number an item
// and `values` the truth.
struct Scored {
  int classes = 0;
  std::vector<double> scores;
  std::vector<int32_t> labels;
  std::vector<double> values;

  int64_t items() const;
  // The items named, in that order, repeats allowed.
  Scored subset(std::span<const int64_t> items) const;
};

// Names of the metrics of a task: {"mcc", "macro_f1", "accuracy", "auroc", "auprc"}, or {"pearson",
// "spearman", "mse"}. The first one is what early stopping and comparisons look at unless told
// otherwise.
const std::vector<std::string>& metric_names(bool regression);
// Binary tasks score the second class; multi-class AUROC and AUPRC are one against the rest.
// ConfigError for a name the task does not have.
double metric_value(const std::string& name, const Scored& scored);
// Larger is better, except for "mse".
bool larger_is_better(const std::string& metric);

}  // namespace lexome
