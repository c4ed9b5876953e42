// The trainer. The text is one symbol a base, valid at the first and last base of each piece, so
// that neighbours are found without links. Pairs that may soon be merged keep a list of their
// positions; rarer ones are only counted, and one pass over the text lists those that come within
// reach. Positions in lists may be out of date: pieces only grow, so the same symbol at the same
// base is the same piece.
#include "vocab/bpe_trainer.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <unordered_map>
#include <utility>

#include "base/progress.h"
#include "lexome/error.h"
#include "vocab/bpe_pairs.h"

namespace lexome {

// Takes a text apart for the trainer, which alone may see its symbols.
class BpeTrainerText {
 public:
  explicit BpeTrainerText(BpeText text)
      : symbols(std::move(text.symbols_)), parts_(std::move(text.parts_)) {
    if (symbols.back() != kNoSymbol) symbols.push_back(kNoSymbol);
    uniform_ = parts_.size() < 2;
  }

  // Weight of the pairs at `at`; fast for rising positions.
  int64_t weight(size_t at) {
    if (uniform_) return parts_.empty() ? 1 : parts_[0].weight;
    if (at < parts_[part_].begin) part_ = 0;
    while (part_ + 1 < parts_.size() && parts_[part_ + 1].begin <= at) ++part_;
    return parts_[part_].weight;
  }

  // How many places a count stands for, at most; 0 when weights differ.
  size_t places(int64_t count) const {
    return uniform_ ? static_cast<size_t>(count / (parts_.empty() ? 1 : parts_[0].weight)) : 0;
  }

  std::vector<BpeSymbol> symbols;

 private:
  std::vector<BpeText::Part> parts_;
  bool uniform_ = true;
  size_t part_ = 0;
};

namespace {

// Pairs down to this share of the best count have their positions listed.
constexpr int64_t kListShare = 8;

template <class Position>
class BpeTrainer {
 public:
  BpeTrainer(BpeText text, const BpeLearnOptions& options)
      : text_(std::move(text)), options_(options) {
    for (const char base : {'A', 'C', 'G', 'T'}) {
      learned_.pieces.emplace_back(1, base);
      lengths_.push_back(1);
    }
  }

  BpeLearned run() {
    count_bases();
    Progress progress("learning pieces", options_.pieces, "pieces");
    BpePairKey best;
    while (static_cast<int64_t>(learned_.pieces.size()) < options_.pieces && next(&best)) {
      merge(best);
      progress.update(static_cast<int64_t>(learned_.pieces.size()));
    }
    progress.finish();
    return std::move(learned_);
  }

 private:
  using Entry = BpePairTable::Entry;
  using List = std::vector<Position>;

  struct Candidate {
    int64_t count;
    BpePairKey key;
    bool operator<(const Candidate& other) const {  // the greatest is merged first
      return count != other.count ? count < other.count : key > other.key;
    }
  };
  struct Side {  // a neighbour of the pieces made in one merge
    int64_t weight = 0;
    size_t sites = 0;
    List* list = nullptr;
  };
  struct Site {  // one place where a merge happened
    Position at;
    BpeSymbol before, after;
  };

  // Of a piece beside itself the table counts every overlapping pair; how many can merge is found
  // by counting again when the pair comes up, and remembered until its places change.
  struct Own {
    int64_t count = std::numeric_limits<int64_t>::max();
    bool known = false;
  };

  bool same(BpePairKey key) const { return bpe_left(key) == bpe_right(key); }
  int64_t count_of(const Entry& entry) const {
    if (!same(entry.key)) return entry.count;
    const auto own = own_.find(entry.key);
    return own == own_.end() ? entry.count : std::min(entry.count, own->second.count);
  }
  bool allowed(BpePairKey key) const {
    return options_.max_piece == 0 ||
           int64_t{lengths_[bpe_left(key)]} + lengths_[bpe_right(key)] <= options_.max_piece;
  }

  void count_bases() {
    const std::vector<BpeSymbol>& symbols = text_.symbols;
    for (size_t at = 1; at + 1 < symbols.size(); ++at) {
      if (symbols[at] == kNoSymbol || symbols[at + 1] == kNoSymbol) continue;
      pairs_.at(bpe_pair(symbols[at], symbols[at + 1])).count += text_.weight(at);
    }
    lower_floor();
  }

  // Calls visit(position, key) for every two neighbouring pieces, from left to right.
  template <class Visit>
  void for_each_pair(const Visit& visit) {
    const std::vector<BpeSymbol>& symbols = text_.symbols;
    for (size_t at = 1; at < symbols.size();) {
      const BpeSymbol left = symbols[at];
      if (left == kNoSymbol) {
        ++at;
        continue;
      }
      const size_t next = at + lengths_[left];
      if (symbols[next] != kNoSymbol) visit(at, bpe_pair(left, symbols[next]));
      at = next;
    }
  }

  // All pairs of at least the floor are candidates. When none is left above it, the floor sinks to
  // a share of the best count. False when nothing reaches min_count any more.
  bool lower_floor() {
    int64_t best = 0;
    pairs_.for_each([&](const Entry& entry) {
      if (allowed(entry.key)) best = std::max(best, count_of(entry));
    });
    if (best < options_.min_count || best < 1) return false;
    floor_ = std::max({options_.min_count, best / kListShare, int64_t{1}});
    candidates_ = {};
    pairs_.for_each([&](const Entry& entry) {
      if (allowed(entry.key) && count_of(entry) >= floor_) {
        candidates_.push({count_of(entry), entry.key});
      }
    });
    list_candidates(floor_);
    return true;
  }

  // Lists the positions of all pairs of at least `threshold` that have no list yet, by one pass.
  void list_candidates(int64_t threshold) {
    std::vector<bool> fresh(lists_.size());
    std::vector<bool> is_left(lengths_.size());
    bool any = false;
    pairs_.for_each([&](Entry& entry) {
      if (entry.list != BpePairTable::kNoList || !allowed(entry.key) ||
          count_of(entry) < threshold) {
        return;
      }
      entry.list = static_cast<uint32_t>(new_list(text_.places(entry.count)));
      fresh.resize(lists_.size());
      fresh[entry.list] = true;
      is_left[bpe_left(entry.key)] = true;
      any = true;
    });
    if (!any) return;
    for_each_pair([&](size_t at, BpePairKey key) {
      if (!is_left[bpe_left(key)]) return;
      const Entry* entry = pairs_.find(key);
      if (entry != nullptr && entry->list != BpePairTable::kNoList && fresh[entry->list]) {
        lists_[entry->list].push_back(static_cast<Position>(at));
      }
    });
  }

  size_t new_list(size_t places) {
    size_t list = lists_.size();
    if (free_lists_.empty()) {
      lists_.emplace_back();
    } else {
      list = free_lists_.back();
      free_lists_.pop_back();
    }
    lists_[list].reserve(places);
    return list;
  }

  // The pair to merge now, with its list; false when there is none.
  bool next(BpePairKey* best) {
    for (;;) {
      if (candidates_.empty() || candidates_.top().count < floor_) {
        if (!lower_floor()) return false;
      }
      const Candidate top = candidates_.top();
      candidates_.pop();
      Entry* entry = pairs_.find(top.key);
      if (entry == nullptr || entry->count <= 0) continue;
      if (count_of(*entry) == top.count) {
        if (entry->list == BpePairTable::kNoList) list_candidates(std::max(floor_, top.count / 2));
        if (same(top.key) && !own_[top.key].known) recount(*entry);
      }
      const int64_t now = count_of(*entry);
      if (now == top.count) {
        *best = top.key;
        return true;
      }
      if (now >= floor_) candidates_.push({now, top.key});
    }
  }

  // Counts a piece beside itself where both can merge: from the left end of each run.
  void recount(const Entry& entry) {
    const BpeSymbol piece = bpe_left(entry.key);
    const size_t step = lengths_[piece];
    List& list = lists_[entry.list];
    std::erase_if(list, [&](Position at) {
      return text_.symbols[at] != piece || text_.symbols[at + step] != piece;
    });
    int64_t count = 0;
    size_t free_from = 0;
    for (const Position at : list) {
      if (at < free_from) continue;
      count += text_.weight(at);
      free_from = at + 2 * step;
    }
    own_[entry.key] = {count, true};
  }

  // Two pairs never make the same piece: a stretch of bases becomes one piece by the same merges
  // wherever it stands, since merges come in the same order everywhere.
  BpeSymbol new_piece(BpePairKey key) {
    learned_.pieces.push_back(learned_.pieces[bpe_left(key)] + learned_.pieces[bpe_right(key)]);
    lengths_.push_back(static_cast<uint32_t>(learned_.pieces.back().size()));
    return static_cast<BpeSymbol>(learned_.pieces.size() - 1);
  }

  void merge(BpePairKey key) {
    Entry* entry = pairs_.find(key);
    learned_.counts.push_back(count_of(*entry));
    List list = std::move(lists_[entry->list]);
    drop_list(entry);
    learned_.rules.push_back({bpe_left(key), bpe_right(key), new_piece(key)});
    apply(learned_.rules.back(), list);
    list = List();
    update_pairs(learned_.rules.back());
    pairs_.find(key)->count = 0;
    own_.erase(key);
  }

  // Merges in the text; notes the neighbours.
  void apply(const BpeRule& rule, const List& list) {
    before_.resize(learned_.pieces.size());
    after_.resize(learned_.pieces.size());
    sites_.clear();
    const size_t left_length = lengths_[rule.left], total = lengths_[rule.result];
    BpeSymbol* symbols = text_.symbols.data();
    constexpr size_t kAhead = 12;
    for (size_t i = 0; i < list.size(); ++i) {
      if (i + kAhead < list.size()) __builtin_prefetch(symbols + list[i + kAhead]);
      const size_t at = list[i], middle = at + left_length, end = at + total;
      if (symbols[at] != rule.left || symbols[middle] != rule.right) continue;
      const Site site = {static_cast<Position>(at), symbols[at - 1], symbols[end]};
      symbols[middle - 1] = kNoSymbol;
      symbols[middle] = kNoSymbol;
      symbols[at] = rule.result;
      symbols[end - 1] = rule.result;
      const int64_t weight = text_.weight(at);
      note(&before_, &touched_before_, site.before, weight);
      note(&after_, &touched_after_, site.after, weight);
      sites_.push_back(site);
    }
  }

  void note(std::vector<Side>* sides, std::vector<BpeSymbol>* touched, BpeSymbol neighbour,
            int64_t weight) {
    if (neighbour == kNoSymbol) return;
    Side& side = (*sides)[neighbour];
    if (side.sites == 0) touched->push_back(neighbour);
    side.weight += weight;
    ++side.sites;
  }

  // Neighbours leave their pairs with the parts and form pairs with the result.
  void update_pairs(const BpeRule& rule) {
    reserve_lists(touched_before_.size() + touched_after_.size());
    for (const BpeSymbol before : touched_before_) {
      Side& side = before_[before];
      gain(bpe_pair(before, rule.result), &side);
    }
    for (const BpeSymbol after : touched_after_) {
      Side& side = after_[after];
      gain(bpe_pair(rule.result, after), &side);
    }
    for (const BpeSymbol before : touched_before_) {
      lose(bpe_pair(before, rule.left), before_[before].weight);
    }
    for (const BpeSymbol after : touched_after_) {
      lose(bpe_pair(rule.right, after), after_[after].weight);
    }
    for (const Site& site : sites_) {
      if (site.before != kNoSymbol && before_[site.before].list != nullptr) {
        before_[site.before].list->push_back(
            static_cast<Position>(site.at - lengths_[site.before]));
      }
      if (site.after != kNoSymbol && after_[site.after].list != nullptr) {
        after_[site.after].list->push_back(site.at);
      }
    }
    for (const BpeSymbol before : touched_before_) before_[before] = {};
    for (const BpeSymbol after : touched_after_) after_[after] = {};
    touched_before_.clear();
    touched_after_.clear();
    for (const BpePairKey key : vanished_) drop_list(pairs_.find(key));
    vanished_.clear();
  }

  // Lists are pointed to while sites are handed out, so they must not move meanwhile.
  void reserve_lists(size_t more) {
    if (lists_.capacity() < lists_.size() + more) lists_.reserve(2 * lists_.size() + more);
  }

  void gain(BpePairKey key, Side* side) {
    if (!allowed(key)) return;
    Entry& entry = pairs_.at(key);
    entry.count += side->weight;
    if (entry.count < floor_) return;
    entry.list = static_cast<uint32_t>(new_list(side->sites));
    side->list = &lists_[entry.list];
    candidates_.push({entry.count, key});
  }

  void lose(BpePairKey key, int64_t weight) {
    Entry* entry = pairs_.find(key);
    if (entry == nullptr) return;
    entry->count -= weight;
    if (same(key)) {
      if (const auto own = own_.find(key); own != own_.end()) own->second.known = false;
    }
    if (entry->count <= 0) vanished_.push_back(key);
  }

  void drop_list(Entry* entry) {
    if (entry->list == BpePairTable::kNoList) return;
    lists_[entry->list] = List();
    free_lists_.push_back(entry->list);
    entry->list = BpePairTable::kNoList;
  }

  BpeTrainerText text_;
  BpeLearnOptions options_;
  BpeLearned learned_;
  std::vector<uint32_t> lengths_;  // by piece
  BpePairTable pairs_;
  std::unordered_map<BpePairKey, Own> own_;
  std::vector<List> lists_;
  std::vector<size_t> free_lists_;
  std::priority_queue<Candidate> candidates_;
  int64_t floor_ = 1;
  // Of the merge going on.
  std::vector<Side> before_, after_;  // by piece
  std::vector<BpeSymbol> touched_before_, touched_after_;
  std::vector<Site> sites_;
  std::vector<BpePairKey> vanished_;
};

}  // namespace

BpeLearned learn_bpe(BpeText text, const BpeLearnOptions& options) {
  if (options.pieces < 4 || options.pieces > 65000) {
    throw ConfigError("vocab.size: a BPE vocabulary has 4 to 65,000 pieces, not " +
                      std::to_string(options.pieces));
  }
  if (text.num_bases() == 0) {
    throw InputError("nothing to learn pieces from: no base other than N");
  }
  if (options.wide || text.num_bases() >= int64_t{1} << 31) {
    return BpeTrainer<uint64_t>(std::move(text), options).run();
  }
  return BpeTrainer<uint32_t>(std::move(text), options).run();
}

}  // namespace lexome
