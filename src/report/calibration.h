// Whether probabilities mean what they say: reliability curve and expected calibration error.
#pragma once

#include <cstdint>
#include <vector>

#include "report/metrics.h"

namespace lexome {

// How predictions are cut into bins: edges at equal steps from 0 to 1, or at quantiles of the
// predictions, so that each bin holds about as many items.
enum class Binning { kEqualWidth, kEqualMass };

struct ReliabilityPoint {
  double predicted = 0;  // mean probability in the bin
  double observed = 0;   // share of items where the event came true
  int64_t n = 0;
};

struct Calibration {
  // Sum over bins of n / N |observed - predicted|. NaN without items, or for regression.
  double ece = 0;
  double brier = 0;                      // mean squared distance of the probability to 0 or 1
  std::vector<ReliabilityPoint> points;  // bins that hold items, in order
};

// The event is the second class of two (as scikit-learn's calibration_curve has it); of more
// classes, that the most probable class is the true one. A probability that is an edge belongs to
// the bin below.
Calibration calibration(const Scored& scored, int bins = 10, Binning binning = Binning::kEqualMass);

}  // namespace lexome
