#include "data/position_baseline.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/linear_problem.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int kKs[] = {1, 2, 3};
constexpr int kWidths[] = {1, 4, 16};
constexpr double kFirstC = 10;
constexpr double kOtherCs[] = {0.1, 1, 100};
constexpr size_t kRefined = 2;   // settings that get the other penalties
constexpr int64_t kReach = 512;  // positions told apart on either side of the middle

// The bin a k-mer that starts at `start` of a sequence falls into.
int64_t bin_of(int64_t start, int64_t length, int width) {
  const int64_t position = std::clamp(start - length / 2, -kReach, kReach);
  return (position - (position < 0 ? width - 1 : 0)) / width;
}

struct Trial {
  PositionBins bins;
  double c = 0, dev_loss = 0;
  LinearModel model;
};

}  // namespace

PositionBins PositionBins::of(const std::vector<LabelledRow>& rows, int k, int width) {
  int64_t low = std::numeric_limits<int64_t>::max(), high = std::numeric_limits<int64_t>::min();
  for (const LabelledRow& row : rows) {
    const auto length = static_cast<int64_t>(row.bases.size());
    if (length < k) continue;
    low = std::min(low, bin_of(0, length, width));
    high = std::max(high, bin_of(length - k, length, width));
  }
  PositionBins bins{k, width, 0, 0};
  if (low > high) return bins;
  bins.first = low;
  bins.bins = high - low + 1;
  return bins;
}

SparseRows PositionBins::features(const std::vector<LabelledRow>& rows) const {
  const int64_t words = int64_t{1} << (2 * k);
  const auto mask = static_cast<uint32_t>(words - 1);
  SparseRows out;
  out.columns = static_cast<size_t>(bins * words);
  std::vector<uint32_t> columns;
  for (const LabelledRow& row : rows) {
    columns.clear();
    const auto length = static_cast<int64_t>(row.bases.size());
    uint32_t code = 0;
    int known = 0;
    for (int64_t end = 0; end < length; ++end) {
      const Base base = row.bases[static_cast<size_t>(end)];
      known = base > 3 ? 0 : known + 1;
      code = (code << 2 | (base & 3u)) & mask;
      if (known < k) continue;
      const int64_t bin = bin_of(end - k + 1, length, width) - first;
      if (bin < 0 || bin >= bins) continue;
      columns.push_back(static_cast<uint32_t>(bin * words) + code);
    }
    if (width > 1 || length > 2 * kReach) std::sort(columns.begin(), columns.end());
    const size_t begin = out.value.size();
    double squares = 0;
    for (size_t i = 0; i < columns.size();) {
      size_t end = i + 1;
      while (end < columns.size() && columns[end] == columns[i]) ++end;
      const auto count = static_cast<double>(end - i);
      out.column.push_back(columns[i]);
      out.value.push_back(count);
      squares += count * count;
      i = end;
    }
    for (size_t j = begin; j < out.value.size(); ++j) out.value[j] /= std::sqrt(squares);
    out.begin.push_back(out.value.size());
  }
  return out;
}

PositionBaseline fit_position_baseline(const LabelledSet& train, const LabelledSet& dev,
                                       const LabelledSet& test, int threads) {
  LinearProblem problem(train, dev, threads);
  std::vector<Trial> trials;
  const auto attempt = [&](const PositionBins& bins, double c, const SparseRows& rows,
                           const SparseRows& of_dev, const LinearModel* start) {
    Trial trial{bins, c, 0, problem.fit(rows, c, start)};
    trial.dev_loss = problem.dev_loss(problem.predict(trial.model, of_dev));
    trials.push_back(std::move(trial));
  };
  const auto by_loss = [](const Trial& a, const Trial& b) { return a.dev_loss < b.dev_loss; };
  for (const int k : kKs) {
    for (const int width : kWidths) {
      const PositionBins bins = PositionBins::of(train.rows, k, width);
      if (bins.bins == 0) continue;  // no sequence is as long
      attempt(bins, kFirstC, bins.features(train.rows), bins.features(dev.rows), nullptr);
    }
  }
  if (trials.empty()) throw InputError(train.path + ": no sequence holds a single base");
  std::stable_sort(trials.begin(), trials.end(), by_loss);
  trials.resize(std::min(trials.size(), kRefined));
  const size_t refined = trials.size();
  for (size_t t = 0; t < refined; ++t) {
    const PositionBins bins = trials[t].bins;
    const LinearModel start = trials[t].model;
    const SparseRows rows = bins.features(train.rows), of_dev = bins.features(dev.rows);
    for (const double c : kOtherCs) attempt(bins, c, rows, of_dev, &start);
  }
  Trial& best = *std::min_element(trials.begin(), trials.end(), by_loss);
  PositionBaseline out;
  out.bins = best.bins;
  out.c = best.c;
  out.dev_loss = best.dev_loss;
  out.trials = problem.trials();
  out.flops = problem.flops();
  out.dev = problem.predict(best.model, best.bins.features(dev.rows));
  out.test = problem.predict(best.model, best.bins.features(test.rows));
  out.model = std::move(best.model);
  return out;
}

}  // namespace lexome
