// Plain, exact computations: sorting for the ranking metrics, integer counts for the others. The
// Matthews correlation is worked out in double from exact counts, as products of three counts
// overflow.
#include "report/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lexome/error.h"

namespace lexome {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<size_t> order_by(std::span<const double> values, bool descending) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return descending ? values[a] > values[b] : values[a] < values[b];
  });
  return order;
}

}  // namespace

int64_t Confusion::total() const {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

Confusion confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> guess,
                           int classes) {
  if (truth.size() != guess.size()) {
    throw InternalError("confusion matrix of " + std::to_string(truth.size()) + " labels and " +
                        std::to_string(guess.size()) + " guesses; please report this");
  }
  Confusion confusion;
  confusion.classes = classes;
  confusion.counts.assign(static_cast<size_t>(classes) * classes, 0);
  for (size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] < 0 || truth[i] >= classes || guess[i] < 0 || guess[i] >= classes) {
      throw InternalError("confusion matrix: a label outside 0.." + std::to_string(classes - 1) +
                          "; please report this");
    }
    ++confusion.counts[static_cast<size_t>(truth[i]) * classes + guess[i]];
  }
  return confusion;
}

double accuracy(const Confusion& confusion) {
  const int64_t total = confusion.total();
  if (total == 0) return kNan;
  int64_t hits = 0;
  for (int c = 0; c < confusion.classes; ++c) hits += confusion.at(c, c);
  return static_cast<double>(hits) / static_cast<double>(total);
}

double matthews(const Confusion& confusion) {
  const auto total = static_cast<double>(confusion.total());
  if (total == 0) return kNan;
  double hits = 0, both = 0, truth_squared = 0, guess_squared = 0;
  for (int c = 0; c < confusion.classes; ++c) {
    double truth = 0, guess = 0;
    for (int other = 0; other < confusion.classes; ++other) {
      truth += static_cast<double>(confusion.at(c, other));
      guess += static_cast<double>(confusion.at(other, c));
    }
    hits += static_cast<double>(confusion.at(c, c));
    both += truth * guess;
    truth_squared += truth * truth;
    guess_squared += guess * guess;
  }
  const double truth_spread = total * total - truth_squared;
  const double guess_spread = total * total - guess_squared;
  if (truth_spread <= 0 || guess_spread <= 0) return 0.0;
  return (hits * total - both) / (std::sqrt(truth_spread) * std::sqrt(guess_spread));
}

double macro_f1(const Confusion& confusion) {
  double sum = 0;
  int seen = 0;
  for (int c = 0; c < confusion.classes; ++c) {
    int64_t truth = 0, guess = 0;
    for (int other = 0; other < confusion.classes; ++other) {
      truth += confusion.at(c, other);
      guess += confusion.at(other, c);
    }
    if (truth + guess == 0) continue;
    ++seen;
    sum += 2.0 * static_cast<double>(confusion.at(c, c)) / static_cast<double>(truth + guess);
  }
  return seen == 0 ? kNan : sum / seen;
}

double auroc(std::span<const double> scores, std::span<const uint8_t> positive) {
  const std::vector<double> ranks = mean_ranks(scores);
  double positives = 0, rank_sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (positive[i] == 0) continue;
    positives += 1;
    rank_sum += ranks[i];
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return kNan;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double average_precision(std::span<const double> scores, std::span<const uint8_t> positive) {
  const auto positives = static_cast<double>(
      std::count_if(positive.begin(), positive.end(), [](uint8_t p) { return p != 0; }));
  if (positives == 0) return kNan;
  const std::vector<size_t> order = order_by(scores, true);
  double area = 0, hits = 0, last_hits = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    hits += positive[order[i]] != 0 ? 1 : 0;
    // A threshold lies between different scores only: equal ones pass it together.
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    area += (hits / static_cast<double>(i + 1)) * ((hits - last_hits) / positives);
    last_hits = hits;
  }
  return area;
}

double macro_one_vs_rest(std::span<const double> scores, std::span<const int32_t> truth,
                         int classes,
                         double (*metric)(std::span<const double>, std::span<const uint8_t>)) {
  std::vector<double> column(truth.size());
  std::vector<uint8_t> positive(truth.size());
  double sum = 0;
  int seen = 0;
  for (int c = 0; c < classes; ++c) {
    size_t members = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
      column[i] = scores[i * classes + c];
      positive[i] = truth[i] == c ? 1 : 0;
      members += positive[i];
    }
    if (members == 0 || members == truth.size()) continue;
    sum += metric(column, positive);
    ++seen;
  }
  return seen == 0 ? kNan : sum / seen;
}

double pearson(std::span<const double> x, std::span<const double> y) {
  if (x.size() < 2 || x.size() != y.size()) return kNan;
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  const bool constant = std::all_of(x.begin(), x.end(), [&](double v) { return v == x[0]; }) ||
                        std::all_of(y.begin(), y.end(), [&](double v) { return v == y[0]; });
  if (constant || xx <= 0 || yy <= 0) return kNan;
  return std::clamp(xy / (std::sqrt(xx) * std::sqrt(yy)), -1.0, 1.0);
}

std::vector<double> mean_ranks(std::span<const double> values) {
  const std::vector<size_t> order = order_by(values, false);
  std::vector<double> ranks(values.size());
  for (size_t i = 0; i < order.size();) {
    size_t end = i + 1;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const double rank = (static_cast<double>(i + 1) + static_cast<double>(end)) / 2;
    for (; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

double spearman(std::span<const double> x, std::span<const double> y) {
  return pearson(mean_ranks(x), mean_ranks(y));
}

double mean_squared_error(std::span<const double> x, std::span<const double> y) {
  if (x.empty() || x.size() != y.size()) return kNan;
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum / static_cast<double>(x.size());
}

std::vector<int32_t> best_class(std::span<const double> scores, int classes) {
  std::vector<int32_t> best;
  if (classes <= 0) return best;
  best.reserve(scores.size() / classes);
  for (size_t i = 0; i + classes <= scores.size(); i += classes) {
    const auto row = scores.subspan(i, classes);
    best.push_back(static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return best;
}

int64_t Scored::items() const {
  return static_cast<int64_t>(classes > 0 ? labels.size() : values.size());
}

Scored Scored::subset(std::span<const int64_t> items) const {
  Scored part;
  part.classes = classes;
  for (const int64_t item : items) {
    const auto i = static_cast<size_t>(item);
    if (classes > 0) {
      part.labels.push_back(labels[i]);
      part.scores.insert(part.scores.end(), scores.begin() + i * classes,
                         scores.begin() + (i + 1) * classes);
    } else {
      part.values.push_back(values[i]);
      part.scores.push_back(scores[i]);
    }
  }
  return part;
}

const std::vector<std::string>& metric_names(bool regression) {
  static const std::vector<std::string> of_classes = {"mcc", "macro_f1", "accuracy", "auroc",
                                                      "auprc"};
  static const std::vector<std::string> of_values = {"pearson", "spearman", "mse"};
  return regression ? of_values : of_classes;
}

double metric_value(const std::string& name, const Scored& scored) {
  if (scored.classes == 0) {
    if (name == "pearson") return pearson(scored.scores, scored.values);
    if (name == "spearman") return spearman(scored.scores, scored.values);
    if (name == "mse") return mean_squared_error(scored.scores, scored.values);
  } else if (name == "auroc" || name == "auprc") {
    const auto metric = name == "auroc" ? auroc : average_precision;
    if (scored.classes > 2) {
      return macro_one_vs_rest(scored.scores, scored.labels, scored.classes, metric);
    }
    std::vector<double> second(scored.labels.size());
    std::vector<uint8_t> positive(scored.labels.size());
    for (size_t i = 0; i < second.size(); ++i) {
      second[i] = scored.scores[i * scored.classes + scored.classes - 1];
      positive[i] = scored.labels[i] == scored.classes - 1 ? 1 : 0;
    }
    return metric(second, positive);
  } else {
    const Confusion confusion =
        confusion_matrix(scored.labels, best_class(scored.scores, scored.classes), scored.classes);
    if (name == "mcc") return matthews(confusion);
    if (name == "macro_f1") return macro_f1(confusion);
    if (name == "accuracy") return accuracy(confusion);
  }
  std::string known;
  for (const std::string& one : metric_names(scored.classes == 0)) {
    known += (known.empty() ? "" : ", ") + one;
  }
  throw ConfigError("metric '" + name + "' does not exist for this task; choose one of " + known);
}

bool larger_is_better(const std::string& metric) { return metric != "mse"; }

}  // namespace lexome
