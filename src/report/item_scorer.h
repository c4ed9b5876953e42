// A metric of one run on many resamples of its items. What does not depend on the resample (the
// class chosen for each item, the order of the scores) is worked out once, so that a bootstrap over
// hundreds of runs takes seconds. Gives what metric_value gives on the resample.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "report/metrics.h"

namespace lexome {

class ItemScorer {
 public:
  // `scored` must outlive the scorer.
  ItemScorer(const Scored& scored, std::string metric);
  double operator()(std::span<const int64_t> items) const;
  // A resample is scored in one pass; otherwise it is copied and sorted.
  bool fast() const { return kind_ != Kind::kCopy; }

 private:
  enum class Kind { kCounts, kRanks, kCopy };
  double from_counts(std::span<const int64_t> items) const;
  double from_ranks(std::span<const int64_t> items) const;

  const Scored& scored_;
  std::string metric_;
  Kind kind_ = Kind::kCopy;
  std::vector<int32_t> cell_;   // truth * classes + guess of each item
  std::vector<int32_t> place_;  // of each item's score among the distinct scores, lowest first
  size_t places_ = 0;
};

}  // namespace lexome
