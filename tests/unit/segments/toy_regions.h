// Regions made of given or random bases, without a genome behind them.
#pragma once

#include <string>

#include "base/random.h"
#include "segments/segmentation.h"

namespace lexome_test {

inline lexome::Studied region_of(lexome::Bases bases, int64_t start = 0) {
  lexome::Studied region;
  region.where = {"c", start, start + static_cast<int64_t>(bases.size()), '.'};
  region.bases = std::move(bases);
  return region;
}

inline lexome::Studied random_region(int64_t length, uint64_t stream, int64_t start = 0) {
  lexome::Random random(29, lexome::Purpose::kTest, stream);
  lexome::Bases bases;
  for (int64_t i = 0; i < length; ++i) bases.push_back(static_cast<lexome::Base>(random.below(4)));
  return region_of(std::move(bases), start);
}

// Units of 1 to 6 bases.
inline std::vector<int64_t> random_cuts(const lexome::Studied& region, uint64_t stream) {
  lexome::Random random(31, lexome::Purpose::kTest, stream);
  std::vector<int64_t> cuts;
  for (int64_t at = region.where.start;;) {
    at += 1 + static_cast<int64_t>(random.below(6));
    if (at >= region.where.end) return cuts;
    cuts.push_back(at);
  }
}

}  // namespace lexome_test
