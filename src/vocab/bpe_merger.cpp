// The merging loop keeps candidates in one queue a rank, with bitmaps to find the lowest: a merge
// costs a few cache hits. A candidate whose pieces have since grown is dropped when its turn comes:
// pieces only grow, so the same symbol at the same base is the same piece.
#include "vocab/bpe_merger.h"

#include <algorithm>
#include <utility>

#include "lexome/error.h"
#include "vocab/bpe_opening.h"

namespace lexome {

BpeRules::BpeRules(std::vector<Bases> spellings, std::vector<BpeRule> rules)
    : rules_(std::move(rules)), spellings_(std::move(spellings)) {
  lengths_.reserve(spellings_.size());
  base_symbols_.fill(kNoSymbol);
  for (size_t symbol = 0; symbol < spellings_.size(); ++symbol) {
    const Bases& bases = spellings_[symbol];
    lengths_.push_back(static_cast<uint32_t>(bases.size()));
    longest_ = std::max(longest_, lengths_.back());
    if (bases.size() == 1) base_symbols_[bases[0]] = static_cast<BpeSymbol>(symbol);
  }
  unsigned bits = 6;
  while ((size_t{1} << bits) < 4 * rules_.size()) ++bits;
  shift_ = 32 - bits;
  slots_.resize(size_t{1} << bits);
  for (uint32_t rank = 0; rank < rules_.size(); ++rank) {
    const uint32_t key = static_cast<uint32_t>(rules_[rank].left) << 16 | rules_[rank].right;
    const uint32_t hash = key * 0x9E3779B1u;
    maybe_[hash >> 22] |= uint64_t{1} << (hash >> 16 & 63);
    size_t slot = hash >> shift_;
    while (slots_[slot].rank != kNoRank) {
      if (slots_[slot].key == key) {
        throw FormatError("merge rule " + std::to_string(rank) + " repeats rule " +
                          std::to_string(slots_[slot].rank));
      }
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = {key, rank};
  }
}

BpeMerger::BpeMerger(const BpeRules& rules, const BpeOpening* opening, size_t chunk)
    : rules_(rules),
      opening_(opening),
      chunk_(chunk),
      queues_(rules.size()),
      filled_(rules.size() / 64 + 1),
      groups_(rules.size() / 4096 + 1) {}

// Queues the pair of pieces at `at` when it is a rule.
inline void BpeMerger::consider(BpeSymbol left, BpeSymbol right, uint32_t at) {
  const uint32_t rank = rules_.rank(left, right);
  if (rank == kNoRank) return;
  uint32_t entry = free_;
  if (entry != kNoRank) {
    free_ = entries_[entry].next;
    entries_[entry] = {at, kNoRank};
  } else {
    entry = static_cast<uint32_t>(entries_.size());
    entries_.push_back({at, kNoRank});
  }
  Queue& queue = queues_[rank];
  if (queue.first == kNoRank) {
    queue.first = entry;
    filled_[rank >> 6] |= uint64_t{1} << (rank & 63);
    groups_[rank >> 12] |= uint64_t{1} << (rank >> 6 & 63);
  } else {
    entries_[queue.last].next = entry;
  }
  queue.last = entry;
}

inline bool BpeMerger::lowest(uint32_t* rank) {
  for (size_t group = 0; group < groups_.size(); ++group) {
    if (groups_[group] == 0) continue;
    const size_t word = group * 64 + static_cast<size_t>(__builtin_ctzll(groups_[group]));
    *rank = static_cast<uint32_t>(word * 64 + static_cast<size_t>(__builtin_ctzll(filled_[word])));
    return true;
  }
  return false;
}

inline uint32_t BpeMerger::pop(uint32_t rank) {
  Queue& queue = queues_[rank];
  const uint32_t entry = queue.first;
  queue.first = entries_[entry].next;
  entries_[entry].next = free_;
  free_ = entry;
  if (queue.first == kNoRank) {
    filled_[rank >> 6] &= ~(uint64_t{1} << (rank & 63));
    if (filled_[rank >> 6] == 0) groups_[rank >> 12] &= ~(uint64_t{1} << (rank >> 6 & 63));
  }
  return entries_[entry].at;
}

inline void BpeMerger::merge_at(uint32_t at, const BpeRule& rule) {
  const uint32_t middle = at + rules_.length(rule.left);
  const uint32_t end = middle + rules_.length(rule.right);
  symbols_[middle - 1] = kNoSymbol;
  symbols_[middle] = kNoSymbol;
  symbols_[at] = rule.result;
  symbols_[end - 1] = rule.result;
  if (at > 0) {
    const BpeSymbol before = symbols_[at - 1];
    consider(before, rule.result, at - rules_.length(before));
  }
  if (end < size_) consider(rule.result, symbols_[end], at);
}

// Leaves the chunk's pieces in symbols_.
void BpeMerger::merge_all(BasesView chunk) {
  size_ = static_cast<uint32_t>(chunk.size());
  if (symbols_.size() < chunk.size()) symbols_.resize(chunk.size());
  entries_.clear();
  free_ = kNoRank;
  if (opening_ != nullptr) {
    opening_->merge(chunk, symbols_.data(), &opening_scratch_);
  } else {
    for (uint32_t at = 0; at < size_; ++at) symbols_[at] = rules_.symbol_of(chunk[at]);
  }
  for (uint32_t at = 0; at < size_;) {
    const uint32_t next = at + rules_.length(symbols_[at]);
    if (next < size_) consider(symbols_[at], symbols_[next], at);
    at = next;
  }
  uint32_t rank;
  while (lowest(&rank)) {
    const BpeRule& rule = rules_.rule(rank);
    const uint32_t at = pop(rank);
    const uint32_t middle = at + rules_.length(rule.left);
    if (symbols_[at] != rule.left || middle >= size_ || symbols_[middle] != rule.right) continue;
    if (rule.left != rule.right) {
      merge_at(at, rule);
      continue;
    }
    // A run of one piece merges from its left end, in whatever order its pairs came up.
    uint32_t start = at;
    while (start > 0 && symbols_[start - 1] == rule.left) start -= rules_.length(rule.left);
    merge_at(start, rule);
    if (start != at && symbols_[at] == rule.left && symbols_[middle] == rule.right) {
      consider(rule.left, rule.right, at);
    }
  }
}

// Is (left, right) what the two pieces' bases encode to?
bool BpeMerger::stay_apart(BpeSymbol left, BpeSymbol right) {
  Bases both = rules_.spelling(left);
  both.insert(both.end(), rules_.spelling(right).begin(), rules_.spelling(right).end());
  merge_all(both);
  return symbols_[0] == left && symbols_[rules_.length(left)] == right &&
         rules_.length(left) + rules_.length(right) == size_;
}

// Why cuts are exact: pieces p1 ... pn are the encoding of their bases if each neighbouring two are
// the encoding of theirs. For take the first merge across any boundary, between p and p': until
// then both sides merged inside themselves only, just as they do when p and p' stand alone, so that
// this merge would cross there too. Pieces of one chunk satisfy it; where chunks meet, the two
// pieces beside the cut are known from the chunk before, or tried alone.
void BpeMerger::encode(BasesView word, std::vector<BpeSymbol>* symbols) {
  const size_t first_symbol = symbols->size();
  size_t size = std::max<size_t>(chunk_, 4);
  size_t start = 0, furthest = 0;
  BpeSymbol expected = kNoSymbol;  // what followed the cut in the chunk before
  while (start < word.size()) {
    const size_t end = std::min(word.size(), start + size);
    merge_all(word.subspan(start, end - start));
    if (start > 0 && symbols_[0] != expected) {
      const BpeSymbol before = symbols->back();
      const BpeSymbol after = symbols_[0];
      if (!stay_apart(before, after)) {
        furthest = std::max(furthest, start);
        start -= rules_.length(before);
        symbols->pop_back();
        expected = kNoSymbol;
        size *= 2;
        continue;
      }
      merge_all(word.subspan(start, end - start));
    }
    const size_t margin =
        std::min(size / 4, std::max<size_t>(64, 2 * static_cast<size_t>(rules_.longest())));
    const size_t limit = end == word.size() ? end - start : end - start - margin;
    size_t at = 0;
    while (at < end - start && at + rules_.length(symbols_[at]) <= limit) {
      symbols->push_back(symbols_[at]);
      at += rules_.length(symbols_[at]);
    }
    start += at;
    if (end == word.size()) break;
    expected = symbols_[at];
    size = at > 0 && start > furthest ? std::max<size_t>(chunk_, 4) : size * 2;
  }
  if (symbols->size() == first_symbol && !word.empty()) {
    throw InternalError("a word of " + std::to_string(word.size()) + " bases got no token");
  }
}

}  // namespace lexome
