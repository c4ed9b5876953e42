// Two levels of one vocabulary: how much the coarse code tells of the fine one, and whether fine
// codes are nested in coarse ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codes/labelling.h"

namespace lexome {

// A number, and the same for pairs shuffled over all bases, and among bases in the middle of the
// same three: both levels read the same bases, so the second is the stricter null.
struct Shuffled {
  double observed = 0;
  double free_mean = 0, free_most = 0;
  double local_mean = 0, local_most = 0;
};

struct LevelPair {
  std::string first, second;
  double entropy_1 = 0, entropy_2 = 0, conditional = 0;  // H(c1), H(c2), H(c2 | c1), bits
  Shuffled information;                                  // I(c1; c2), bits
  // Share of bases whose fine code stands under the coarse code it stands under most often.
  Shuffled nesting;
  bool nested = false;  // more than in any local shuffle
  // The most used fine codes under the most used coarse ones, for the eye: [rows][columns] counts.
  std::vector<int32_t> rows, columns;
  std::vector<std::vector<int64_t>> counts;
};

inline constexpr int kPairShuffles = 20;

// Both labellings are of the same stretches.
LevelPair level_pair(const std::vector<Stretch>& stretches, const Labelling& first,
                     const Labelling& second, uint64_t seed);

}  // namespace lexome
