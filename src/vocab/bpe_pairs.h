// Counts of neighbouring pairs during BPE training: an open-addressing table of 16 bytes an entry.
// Pairs that have vanished leave when the table is rebuilt.
#pragma once

#include <cstdint>
#include <vector>

#include "vocab/bpe_merger.h"

namespace lexome {

using BpePairKey = uint32_t;
inline BpePairKey bpe_pair(BpeSymbol left, BpeSymbol right) {
  return static_cast<uint32_t>(left) << 16 | right;
}
inline BpeSymbol bpe_left(BpePairKey key) { return static_cast<BpeSymbol>(key >> 16); }
inline BpeSymbol bpe_right(BpePairKey key) { return static_cast<BpeSymbol>(key & 0xFFFF); }

class BpePairTable {
 public:
  static constexpr uint32_t kNoList = 0xFFFFFFFF;
  struct Entry {
    int64_t count = 0;
    BpePairKey key = kEmpty;
    uint32_t list = kNoList;  // where its positions are kept, if they are
  };

  BpePairTable() : entries_(1024) {}

  // Null when the pair was never seen or has left.
  Entry* find(BpePairKey key) {
    Entry& entry = slot_of(key);
    return entry.key == key ? &entry : nullptr;
  }
  // Valid until the next call.
  Entry& at(BpePairKey key) {
    if (Entry& entry = slot_of(key); entry.key == key) return entry;
    if (4 * (used_ + 1) > 3 * entries_.size()) rebuild();
    Entry& entry = slot_of(key);
    entry = {0, key, kNoList};
    ++used_;
    return entry;
  }
  template <class Visit>
  void for_each(const Visit& visit) {
    for (Entry& entry : entries_) {
      if (entry.key != kEmpty && entry.count > 0) visit(entry);
    }
  }

 private:
  // The pair of two symbols that no vocabulary has.
  static constexpr BpePairKey kEmpty = 0xFFFFFFFF;

  Entry& slot_of(BpePairKey key) {
    size_t slot = (uint64_t{key} * 0x9E3779B97F4A7C15u) >> 32 & (entries_.size() - 1);
    while (entries_[slot].key != key && entries_[slot].key != kEmpty) {
      slot = (slot + 1) & (entries_.size() - 1);
    }
    return entries_[slot];
  }

  void rebuild() {
    size_t live = 0;
    for (const Entry& entry : entries_) live += entry.key != kEmpty && entry.count > 0;
    size_t size = 1024;
    while (2 * size < 3 * (live + 1)) size *= 2;
    std::vector<Entry> old(size);
    old.swap(entries_);
    used_ = 0;
    for (const Entry& entry : old) {
      if (entry.key == kEmpty || entry.count <= 0) continue;
      slot_of(entry.key) = entry;
      ++used_;
    }
  }

  std::vector<Entry> entries_;
  size_t used_ = 0;
};

}  // namespace lexome
