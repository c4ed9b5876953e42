// Candidates for near copies. Every row keeps a bottom sketch, the 64 canonical 12-mers of smallest
// hash; rows of the other set are looked up with all their 12-mers. The share of a row's sketch
// that another row has estimates containment without bias, whatever the order of the shared pieces.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/labelled.h"

namespace lexome {

inline constexpr int kCopyKmer = 12;

// The distinct canonical 12-mers of one row, as scrambled 24-bit codes.
class KmerSet {
 public:
  void assign(BasesView bases);
  const std::vector<uint32_t>& codes() const { return codes_; }  // each once
  // How many distinct canonical 12-mers of `bases` are in the set.
  int64_t shared_with(BasesView bases);

 private:
  struct Slot {
    uint32_t code;
    uint32_t mark;  // the last call of shared_with that met it
  };
  Slot& slot(uint32_t code);
  std::vector<Slot> slots_;
  uint32_t mask_ = 0, calls_ = 0;
  std::vector<uint32_t> codes_;
};

// Sketches of rows [begin, end) of a set, inverted: from a 12-mer to the rows that keep it.
class SketchIndex {
 public:
  // Rows with `skip` set are left out. `others` tells how common 12-mers are where they will be
  // looked up.
  SketchIndex(const LabelledSet& rows, int64_t begin, int64_t end, const std::vector<uint8_t>& skip,
              const LabelledSet& others, int threads);

  // Distinct 12-mers of row begin + i.
  int64_t kmers(size_t i) const { return kmers_[i]; }

  struct Scratch {  // one a thread
    std::vector<uint8_t> hits;
    std::vector<uint32_t> touched;
    std::vector<std::array<uint32_t, 2>> lists;
  };
  Scratch scratch() const;
  struct Candidate {
    uint32_t row;        // less `begin`
    uint32_t most_hits;  // of its sketch, those not looked at counted as hits
  };
  // Rows that share an eighth of their sketch with row `other` of the other set, whose codes are
  // given. Of a 12-mer that stands in very many rows only some, chosen by the rows' numbers alone,
  // are compared through it.
  void candidates(int64_t other, const std::vector<uint32_t>& codes, Scratch* scratch,
                  std::vector<Candidate>* found) const;
  // False when containment above `best` would leave so few hits once in ten thousand times.
  bool may_beat(const Candidate& candidate, float best) const;

 private:
  void invert(const std::vector<uint32_t>& sketches, const std::vector<uint8_t>& sizes);
  void thin_common(const LabelledSet& others);
  bool known(uint32_t code) const { return bits_[code >> 6] >> (code & 63) & 1; }
  // Place of a known code among all known ones.
  uint32_t rank(uint32_t code) const {
    const uint64_t below = bits_[code >> 6] & ((uint64_t{1} << (code & 63)) - 1);
    return rank_[code >> 6] + static_cast<uint32_t>(__builtin_popcountll(below));
  }

  std::vector<uint64_t> bits_;   // which codes any sketch keeps
  std::vector<uint32_t> rank_;   // known codes before each word of bits_
  std::vector<uint32_t> begin_;  // by rank: where its rows begin in rows_
  std::vector<uint32_t> keep_;   // by rank: rows of the other set numbered up to this (scrambled)
  std::vector<uint32_t> rows_;
  std::vector<int32_t> kmers_;
  std::vector<uint8_t> need_;  // hits that make a candidate
};

}  // namespace lexome
