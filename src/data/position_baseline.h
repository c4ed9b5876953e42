// A linear model that knows where in the sequence a k-mer stands: what sites at a fixed place (a
// TATA box, a splice site) give away to anything that can see positions, and k-mer counts cannot.
#pragma once

#include <vector>

#include "data/labelled.h"
#include "data/logistic.h"

namespace lexome {

// One column for each k-mer in each bin of `width` start positions. Positions are counted from the
// middle of the sequence, so that sequences of unequal length are aligned by their middles; what
// lies more than 512 from it falls into the outermost bins.
struct PositionBins {
  int k = 1, width = 1;
  int64_t first = 0, bins = 0;  // the bin of the leftmost position, and how many there are

  // Bins for the positions that occur in these rows.
  static PositionBins of(const std::vector<LabelledRow>& rows, int k, int width);
  // Counts, rows scaled to length 1; k-mers with N, and bins that are not there, are left out.
  SparseRows features(const std::vector<LabelledRow>& rows) const;
};

struct PositionBaseline {
  PositionBins bins;
  double c = 0, dev_loss = 0;
  LinearModel model;
  int64_t trials = 0;
  double flops = 0;
  std::vector<std::vector<double>> dev, test;  // predictions, as FittedBaseline has them
};

// Tries k = 1..3 in bins of 1, 4 and 16 positions at C = 10, then C = 0.1, 1 and 100 for the two
// that did best; keeps what has the lowest loss on dev (the first of equals).
PositionBaseline fit_position_baseline(const LabelledSet& train, const LabelledSet& dev,
                                       const LabelledSet& test, int threads);

}  // namespace lexome
