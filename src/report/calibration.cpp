#include "report/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexome/error.h"
#include "report/statistics.h"

namespace lexome {
namespace {

// Inner edges of the bins, ascending.
std::vector<double> edges_of(std::vector<double> predicted, int bins, Binning binning) {
  std::vector<double> edges;
  std::sort(predicted.begin(), predicted.end());
  for (int b = 1; b < bins; ++b) {
    const double share = static_cast<double>(b) / bins;
    if (binning == Binning::kEqualWidth) {
      edges.push_back(share);
      continue;
    }
    edges.push_back(sorted_quantile(predicted, share));
  }
  return edges;
}

}  // namespace

Calibration calibration(const Scored& scored, int bins, Binning binning) {
  if (bins < 1) throw ConfigError("a reliability curve needs at least one bin");
  Calibration result;
  result.ece = result.brier = std::numeric_limits<double>::quiet_NaN();
  if (scored.classes < 2 || scored.labels.empty()) return result;
  const auto classes = static_cast<size_t>(scored.classes);
  const std::vector<int32_t> guesses = best_class(scored.scores, scored.classes);
  std::vector<double> predicted, observed;
  for (size_t i = 0; i < scored.labels.size(); ++i) {
    const int32_t event = classes == 2 ? 1 : guesses[i];
    predicted.push_back(scored.scores[i * classes + static_cast<size_t>(event)]);
    observed.push_back(scored.labels[i] == event ? 1.0 : 0.0);
  }
  const std::vector<double> edges = edges_of(predicted, bins, binning);
  std::vector<ReliabilityPoint> points(static_cast<size_t>(bins));
  double squares = 0;
  for (size_t i = 0; i < predicted.size(); ++i) {
    const auto bin = std::lower_bound(edges.begin(), edges.end(), predicted[i]) - edges.begin();
    ReliabilityPoint& point = points[static_cast<size_t>(bin)];
    point.predicted += predicted[i];
    point.observed += observed[i];
    ++point.n;
    squares += (predicted[i] - observed[i]) * (predicted[i] - observed[i]);
  }
  const auto items = static_cast<double>(predicted.size());
  result.brier = squares / items;
  result.ece = 0;
  for (ReliabilityPoint& point : points) {
    if (point.n == 0) continue;
    const auto n = static_cast<double>(point.n);
    point.predicted /= n;
    point.observed /= n;
    result.ece += n / items * std::abs(point.observed - point.predicted);
    result.points.push_back(point);
  }
  return result;
}

}  // namespace lexome
