// Byte-pair encoding by its definition, as slow as it is plain: what the fast encoder and the fast
// trainer are held against.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "vocab/bpe_trainer.h"

namespace lexome::test {

inline Bases random_bases(size_t length, uint64_t key, uint64_t letters = 4) {
  Random random(11, Purpose::kTest, key);
  Bases bases(length);
  for (Base& base : bases) base = static_cast<Base>(random.below(letters));
  return bases;
}

// Random bases in which stretches come again, as they do in genomes.
inline Bases repetitive_bases(size_t length, uint64_t key) {
  Random random(12, Purpose::kTest, key);
  Bases bases;
  while (bases.size() < length) {
    const size_t piece = 1 + random.below(12);
    if (bases.size() > 20 && random.chance(0.7)) {
      const size_t from = random.below(bases.size() - 12);
      for (size_t i = 0; i < piece; ++i) bases.push_back(bases[from + i]);
    } else if (random.chance(0.2)) {
      bases.insert(bases.end(), piece, static_cast<Base>(random.below(4)));
    } else {
      for (size_t i = 0; i < piece; ++i) bases.push_back(static_cast<Base>(random.below(4)));
    }
  }
  bases.resize(length);
  return bases;
}

// Merges the lowest-ranked neighbours, the leftmost of equals, until no rule fits.
inline std::vector<BpeSymbol> plain_encode(const BpeRules& rules, BasesView word) {
  std::map<std::pair<BpeSymbol, BpeSymbol>, uint32_t> ranks;
  for (uint32_t rank = 0; rank < rules.size(); ++rank) {
    ranks[{rules.rule(rank).left, rules.rule(rank).right}] = rank;
  }
  std::vector<BpeSymbol> pieces;
  for (const Base base : word) pieces.push_back(rules.symbol_of(base));
  for (;;) {
    uint32_t best = kNoRank;
    size_t at = 0;
    for (size_t i = 0; i + 1 < pieces.size(); ++i) {
      const auto found = ranks.find({pieces[i], pieces[i + 1]});
      if (found != ranks.end() && found->second < best) {
        best = found->second;
        at = i;
      }
    }
    if (best == kNoRank) return pieces;
    pieces[at] = rules.rule(best).result;
    pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

struct WeightedWord {
  Bases bases;
  int64_t weight = 1;
};

// Counts every pair afresh before every merge.
inline BpeLearned plain_learn(const std::vector<WeightedWord>& words,
                              const BpeLearnOptions& options) {
  BpeLearned learned;
  learned.pieces = {"A", "C", "G", "T"};
  std::vector<std::vector<BpeSymbol>> texts;
  for (const WeightedWord& word : words) texts.emplace_back(word.bases.begin(), word.bases.end());
  while (static_cast<int64_t>(learned.pieces.size()) < options.pieces) {
    std::map<std::pair<BpeSymbol, BpeSymbol>, int64_t> counts;
    for (size_t w = 0; w < texts.size(); ++w) {
      size_t run_taken = 0;  // the pair of equal pieces that ends here was counted
      for (size_t i = 0; i + 1 < texts[w].size(); ++i) {
        const auto pair = std::pair(texts[w][i], texts[w][i + 1]);
        if (pair.first == pair.second && run_taken == i && i > 0) continue;
        if (pair.first == pair.second) run_taken = i + 1;
        counts[pair] += words[w].weight;
      }
    }
    std::pair<BpeSymbol, BpeSymbol> best;
    int64_t most = 0;
    for (const auto& [pair, count] : counts) {
      const size_t length = learned.pieces[pair.first].size() + learned.pieces[pair.second].size();
      if (options.max_piece > 0 && length > static_cast<size_t>(options.max_piece)) continue;
      if (count > most) {
        most = count;
        best = pair;
      }
    }
    if (most < std::max<int64_t>(1, options.min_count)) break;
    const std::string text = learned.pieces[best.first] + learned.pieces[best.second];
    const auto found = std::find(learned.pieces.begin(), learned.pieces.end(), text);
    const auto result = static_cast<BpeSymbol>(found - learned.pieces.begin());
    if (found == learned.pieces.end()) learned.pieces.push_back(text);
    learned.rules.push_back({best.first, best.second, result});
    learned.counts.push_back(most);
    for (std::vector<BpeSymbol>& pieces : texts) {
      std::vector<BpeSymbol> merged;
      for (size_t i = 0; i < pieces.size(); ++i) {
        const bool here =
            i + 1 < pieces.size() && pieces[i] == best.first && pieces[i + 1] == best.second;
        merged.push_back(here ? result : pieces[i]);
        i += here;
      }
      pieces = std::move(merged);
    }
  }
  return learned;
}

inline BpeText text_of(const std::vector<WeightedWord>& words) {
  BpeText text;
  for (const WeightedWord& word : words) {
    text.add(word.bases, word.weight);
    text.end_word();
  }
  return text;
}

inline BpeRules rules_of(const BpeLearned& learned) {
  std::vector<Bases> spellings;
  for (const std::string& piece : learned.pieces) spellings.push_back(bases_from(piece));
  return BpeRules(std::move(spellings), learned.rules);
}

}  // namespace lexome::test
