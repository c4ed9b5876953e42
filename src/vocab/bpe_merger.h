// Byte-pair encoding of words of bases: of all neighbours that form a rule, the one of lowest rank
// merges first, the leftmost of equals, until none is left. Long words are cut into cache-sized
// chunks at places where the cut provably changes nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lexome/bases.h"

namespace lexome {

using BpeSymbol = uint16_t;  // a piece; equals its id in the vocabulary
inline constexpr BpeSymbol kNoSymbol = 0xFFFF;
inline constexpr uint32_t kNoRank = 0xFFFFFFFF;

struct BpeRule {
  BpeSymbol left = 0, right = 0, result = 0;
};

// The merge rules by rank. Immutable, shared by all threads.
class BpeRules {
 public:
  // `spellings` by symbol (empty for special tokens); rules name known symbols, no pair twice.
  BpeRules(std::vector<Bases> spellings, std::vector<BpeRule> rules);

  size_t size() const { return rules_.size(); }
  const BpeRule& rule(uint32_t rank) const { return rules_[rank]; }
  uint32_t length(BpeSymbol symbol) const { return lengths_[symbol]; }
  uint32_t longest() const { return longest_; }
  BpeSymbol symbol_of(Base base) const { return base_symbols_[base]; }
  const Bases& spelling(BpeSymbol symbol) const { return spellings_[symbol]; }
  const std::vector<Bases>& spellings() const { return spellings_; }

  // kNoRank when the pair is no rule. Most pairs are none, and a bit table that fits the
  // first-level cache says so.
  uint32_t rank(BpeSymbol left, BpeSymbol right) const {
    const uint32_t key = static_cast<uint32_t>(left) << 16 | right;
    const uint32_t hash = key * 0x9E3779B1u;
    const uint32_t bit = hash >> 16;
    if ((maybe_[bit >> 6] >> (bit & 63) & 1) == 0) return kNoRank;
    for (size_t slot = hash >> shift_;; slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot].key == key) return slots_[slot].rank;
      if (slots_[slot].rank == kNoRank) return kNoRank;
    }
  }

 private:
  struct Slot {
    uint32_t key = 0xFFFFFFFF;
    uint32_t rank = kNoRank;
  };
  std::vector<BpeRule> rules_;
  std::vector<Bases> spellings_;
  std::vector<uint32_t> lengths_;
  uint32_t longest_ = 1;
  std::array<BpeSymbol, 5> base_symbols_{};
  std::vector<Slot> slots_;
  std::array<uint64_t, 1024> maybe_{};
  unsigned shift_ = 0;
};

class BpeOpening;

// Working memory of one thread.
class BpeMerger {
 public:
  // `opening`: the first of `rules`, compiled, or null. `chunk`: bases merged at a time (small ones
  // are for tests). The result depends on neither.
  explicit BpeMerger(const BpeRules& rules, const BpeOpening* opening, size_t chunk = 2048);

  // Appends the symbols of a word (bases other than N).
  void encode(BasesView word, std::vector<BpeSymbol>* symbols);

 private:
  struct Entry {  // a candidate merge: where, and the next one of the same rank
    uint32_t at;
    uint32_t next;
  };
  struct Queue {  // candidates of one rank, first in first out
    uint32_t first = kNoRank;
    uint32_t last = kNoRank;
  };

  void merge_all(BasesView chunk);
  void merge_at(uint32_t at, const BpeRule& rule);
  void consider(BpeSymbol left, BpeSymbol right, uint32_t at);
  bool lowest(uint32_t* rank);
  uint32_t pop(uint32_t rank);
  bool stay_apart(BpeSymbol left, BpeSymbol right);

  const BpeRules& rules_;
  const BpeOpening* opening_;
  std::vector<uint8_t> opening_scratch_;
  size_t chunk_;
  // By base of the chunk: the symbol of the piece whose first or last base this is; kNoSymbol
  // inside.
  std::vector<BpeSymbol> symbols_;
  uint32_t size_ = 0;
  std::vector<Entry> entries_;
  uint32_t free_ = kNoRank;
  std::vector<Queue> queues_;  // by rank
  std::vector<uint64_t> filled_,
      groups_;  // which queues hold something, and which words of `filled_`
};

}  // namespace lexome
