#include "report/item_scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lexome {

ItemScorer::ItemScorer(const Scored& scored, std::string metric)
    : scored_(scored), metric_(std::move(metric)) {
  const auto classes = static_cast<size_t>(scored.classes);
  const auto items = static_cast<size_t>(scored.items());
  if (classes > 0 && (metric_ == "mcc" || metric_ == "macro_f1" || metric_ == "accuracy")) {
    kind_ = Kind::kCounts;
    const std::vector<int32_t> guess = best_class(scored.scores, scored.classes);
    cell_.resize(items);
    for (size_t i = 0; i < items; ++i) cell_[i] = scored.labels[i] * scored.classes + guess[i];
  } else if (classes == 2 && (metric_ == "auroc" || metric_ == "auprc") &&
             std::none_of(scored.scores.begin(), scored.scores.end(),
                          [](double score) { return std::isnan(score); })) {
    kind_ = Kind::kRanks;
    std::vector<double> positive(items);
    for (size_t i = 0; i < items; ++i) positive[i] = scored.scores[2 * i + 1];
    std::vector<double> distinct = positive;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    places_ = distinct.size();
    place_.resize(items);
    for (size_t i = 0; i < items; ++i) {
      place_[i] = static_cast<int32_t>(
          std::lower_bound(distinct.begin(), distinct.end(), positive[i]) - distinct.begin());
    }
  }
}

double ItemScorer::operator()(std::span<const int64_t> items) const {
  switch (kind_) {
    case Kind::kCounts:
      return from_counts(items);
    case Kind::kRanks:
      return from_ranks(items);
    case Kind::kCopy:
      break;
  }
  return metric_value(metric_, scored_.subset(items));
}

double ItemScorer::from_counts(std::span<const int64_t> items) const {
  Confusion confusion;
  confusion.classes = scored_.classes;
  confusion.counts.assign(static_cast<size_t>(scored_.classes) * scored_.classes, 0);
  for (const int64_t item : items) ++confusion.counts[cell_[static_cast<size_t>(item)]];
  if (metric_ == "mcc") return matthews(confusion);
  return metric_ == "accuracy" ? accuracy(confusion) : macro_f1(confusion);
}

double ItemScorer::from_ranks(std::span<const int64_t> items) const {
  std::vector<int32_t> positives(places_, 0), negatives(places_, 0);
  int64_t all_positive = 0, all_negative = 0;
  for (const int64_t item : items) {
    const auto i = static_cast<size_t>(item);
    const auto place = static_cast<size_t>(place_[i]);
    if (scored_.labels[i] == 1) {
      ++positives[place];
      ++all_positive;
    } else {
      ++negatives[place];
      ++all_negative;
    }
  }
  const bool precision = metric_ == "auprc";
  if (all_positive == 0 || (!precision && all_negative == 0)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double sum = 0;
  if (precision) {
    int64_t hits = 0, taken = 0;
    for (size_t place = places_; place-- > 0;) {
      if (positives[place] + negatives[place] == 0) continue;
      hits += positives[place];
      taken += positives[place] + negatives[place];
      sum += positives[place] * static_cast<double>(hits) / static_cast<double>(taken);
    }
    return sum / static_cast<double>(all_positive);
  }
  int64_t below = 0;
  for (size_t place = 0; place < places_; ++place) {
    sum += positives[place] * (static_cast<double>(below) + 0.5 * negatives[place]);
    below += negatives[place];
  }
  return sum / static_cast<double>(all_positive) / static_cast<double>(all_negative);
}

}  // namespace lexome
