// The first rules of a BPE vocabulary, compiled. They make most of all merges and only short
// pieces, so what they leave of a sequence is found by one table-driven pass instead of merge by
// merge.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vocab/bpe_merger.h"

namespace lexome {

class BpeOpening {
 public:
  // Takes as many rules, by rank, as make at most kPieces pieces of at most kLongest bases.
  explicit BpeOpening(const BpeRules& rules);

  size_t num_rules() const { return num_rules_; }
  // Merges by these rules alone; `symbols` gets each piece at its first and at its last base.
  // `scratch` is working memory.
  void merge(BasesView chunk, BpeSymbol* symbols, std::vector<uint8_t>* scratch) const;

  static constexpr size_t kPieces = 62;  // numbered below in 0..61
  static constexpr size_t kLongest = 4;

 private:
  static constexpr uint8_t kStart = 62;  // stands before the first base
  static constexpr uint8_t kNone = 63;   // no piece; nothing may follow it

  size_t num_rules_ = 0;
  std::array<std::array<uint8_t, kLongest>, 256>
      ending_{};                           // pieces of length 1-4, by last 4 bases
  std::array<uint64_t, 64> may_follow_{};  // bit u of t: u may stand right after t
  std::array<uint8_t, 64> lengths_{};
  std::array<BpeSymbol, 64> symbols_{};
};

}  // namespace lexome
