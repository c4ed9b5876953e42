// Learning byte-pair merges from bases: exact greedy, that is, each step merges the most frequent
// pair of neighbouring pieces everywhere. Counting is incremental, so the whole costs little more
// than the merges themselves; whole chromosomes are single words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vocab/bpe_merger.h"
#include "vocab/bpe_text.h"

namespace lexome {

struct BpeLearnOptions {
  int64_t pieces = 4091;  // bases included
  int64_t min_count = 2;  // pairs that stand less often (times weight) are left apart
  int64_t max_piece = 0;  // longer pieces are not made; 0: no limit
  bool wide = false;      // 64-bit positions whatever the size (they are used from 2^31 bases on)
};

// Pieces in the order they were made; the first four are A C G T, then rule i makes piece 4 + i.
struct BpeLearned {
  std::vector<std::string> pieces;
  std::vector<BpeRule> rules;   // symbols count from 0 in `pieces`
  std::vector<int64_t> counts;  // of each rule's pair when it merged, weights included
};

// A pair counts where its two pieces can merge, so overlapping ones count once: AAAA holds AA
// twice. Of equal counts the pair with the lower left piece number wins, then with the lower right
// one. Peak memory: at most kBpeBytesPerBase a base with 32-bit positions, kBpeWideBytesPerBase
// with 64-bit ones.
BpeLearned learn_bpe(BpeText text, const BpeLearnOptions& options);

inline constexpr int64_t kBpeBytesPerBase = 16;
inline constexpr int64_t kBpeWideBytesPerBase = 24;

}  // namespace lexome
