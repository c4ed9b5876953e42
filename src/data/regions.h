// Places on the contigs of a genome set, merged where they overlap, and the question whether a
// stretch touches any of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <unordered_map>

#include "lexome/window.h"

namespace lexome {

// One number for each contig of a genome set.
inline uint64_t contig_key(const Locus& locus) {
  return static_cast<uint64_t>(static_cast<uint32_t>(locus.genome)) << 32 |
         static_cast<uint32_t>(locus.contig);
}

class Regions {
  using Blocks = std::map<int64_t, int64_t>;  // start -> end

 public:
  void add(const Locus& locus) {
    if (locus.start >= locus.end) return;
    Blocks& blocks = contigs_[contig_key(locus)];
    int64_t start = locus.start, end = locus.end;
    auto next = first_ending_after(blocks, start);
    while (next != blocks.end() && next->first < end) {
      start = std::min(start, next->first);
      end = std::max(end, next->second);
      next = blocks.erase(next);
    }
    blocks.emplace(start, end);
  }
  bool overlaps(const Locus& locus) const {
    const auto found = contigs_.find(contig_key(locus));
    if (found == contigs_.end()) return false;
    const auto next = first_ending_after(found->second, locus.start);
    return next != found->second.end() && next->first < locus.end;
  }

 private:
  // Blocks are disjoint, so their ends are ordered as their starts are.
  template <class Some>
  static auto first_ending_after(Some& blocks, int64_t position) -> decltype(blocks.begin()) {
    auto next = blocks.upper_bound(position);
    if (next != blocks.begin() && std::prev(next)->second > position) --next;
    return next;
  }

  std::unordered_map<uint64_t, Blocks> contigs_;
};

}  // namespace lexome
