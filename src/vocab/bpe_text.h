// What byte-pair merges are learned from: bases of all words, two bytes each. N and the ends of
// contigs break words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lexome/bases.h"
#include "vocab/bpe_merger.h"

namespace lexome {

class BpeText {
 public:
  void reserve(int64_t bases) { symbols_.reserve(static_cast<size_t>(bases) + 16); }
  // Pairs of these bases count `weight` times.
  void add(BasesView bases, int64_t weight = 1);
  void end_word();
  int64_t num_bases() const { return num_bases_; }

 private:
  friend class BpeTrainerText;
  struct Part {  // everything from `begin` on counts `weight` times
    size_t begin;
    int64_t weight;
  };
  std::vector<BpeSymbol> symbols_ = {kNoSymbol};
  std::vector<Part> parts_;
  int64_t num_bases_ = 0;
};

}  // namespace lexome
