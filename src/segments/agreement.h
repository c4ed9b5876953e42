// Do cuts lie where known boundaries lie, and more often than they would by their density, by their
// lengths, or by the composition of the places? Precision: share of cuts, within the landmark's
// area, with a boundary at most `tolerance` bases away. Recall: share of boundaries with such a
// cut. F1: their harmonic mean. Two nulls, each the mean over draws:
//   lengths: the units keep their lengths, but stand in another order within every kilobase;
//   GC: the boundaries lie elsewhere in the area, where as many of the 21 bases around are G or C.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "segments/landmarks.h"

namespace lexome {

struct AgreementOptions {
  int draws = 20;
  int replicates = 1000;  // of the bootstrap over stretches of 10 kb
  uint64_t seed = 1;
  int threads = 1;
};

struct Rates {
  double precision = 0, recall = 0, f1 = 0;  // NaN where nothing stands in the denominator
};

struct Excess {
  Rates null;
  Rates value;               // observed minus null
  double low = 0, high = 0;  // 95 % interval of the F1's; NaN with fewer than five stretches
};

struct Agreement {
  int tolerance = 0;
  int64_t cuts = 0, boundaries = 0;  // within the area
  Rates observed;
  Excess lengths, gc;
};

// One for each of the tolerances 0, 1 and 2. A pure function of its arguments and the seed.
std::vector<Agreement> agreement(const std::vector<Studied>& regions, const Segmentation& segments,
                                 const Landmark& landmark, const AgreementOptions& options);

// The order of units within every kilobase of every block of the area drawn afresh (exposed for
// tests): the same lengths, the same edges of kilobases.
std::vector<int64_t> shuffled_cuts(const Studied& region, const std::vector<int64_t>& cuts,
                                   const std::vector<Block>& area, uint64_t seed, uint64_t draw,
                                   uint64_t region_number);

}  // namespace lexome
