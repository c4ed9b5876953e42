// Pieces are the encoding of their bases if each neighbouring two are the encoding of theirs (the
// reason stands at BpeMerger::encode). So the last piece of the encoding of any prefix is the one
// piece that ends there and may follow the last piece of what is before it: a table of which piece
// may follow which is all that is needed, and the encoding is read off backwards.
#include "vocab/bpe_opening.h"

#include <utility>

namespace lexome {

BpeOpening::BpeOpening(const BpeRules& rules) {
  std::vector<BpeSymbol> pieces;
  for (Base base = 0; base < 4; ++base) pieces.push_back(rules.symbol_of(base));
  std::vector<BpeRule> first;
  for (uint32_t rank = 0; rank < rules.size(); ++rank) {
    const BpeRule& rule = rules.rule(rank);
    if (rules.length(rule.result) > kLongest || pieces.size() == kPieces) break;
    first.push_back(rule);
    pieces.push_back(rule.result);
  }
  num_rules_ = first.size();
  const BpeRules opening(rules.spellings(), std::move(first));
  BpeMerger merger(opening, nullptr);
  const auto encodes_to = [&](const Bases& bases, const std::vector<BpeSymbol>& expected) {
    std::vector<BpeSymbol> symbols;
    merger.encode(bases, &symbols);
    return symbols == expected;
  };

  for (auto& pieces_here : ending_) pieces_here.fill(kNone);
  for (size_t t = 0; t < pieces.size(); ++t) {
    const Bases& spelling = rules.spelling(pieces[t]);
    symbols_[t] = pieces[t];
    lengths_[t] = static_cast<uint8_t>(spelling.size());
    size_t code = 0;
    for (const Base base : spelling) code = code << 2 | base;
    const size_t codes = size_t{1} << (2 * spelling.size());
    for (size_t four = code; four < 256; four += codes) {
      ending_[four][spelling.size() - 1] = static_cast<uint8_t>(t);
    }
    if (!encodes_to(spelling, {pieces[t]})) continue;
    may_follow_[kStart] |= uint64_t{1} << t;
    for (size_t u = 0; u < pieces.size(); ++u) {
      Bases both = spelling;
      both.insert(both.end(), rules.spelling(pieces[u]).begin(), rules.spelling(pieces[u]).end());
      if (encodes_to(both, {pieces[t], pieces[u]})) may_follow_[t] |= uint64_t{1} << u;
    }
  }
}

void BpeOpening::merge(BasesView chunk, BpeSymbol* symbols, std::vector<uint8_t>* scratch) const {
  if (scratch->size() < chunk.size()) scratch->resize(chunk.size());
  uint8_t* last = scratch->data();  // the last piece of each prefix's encoding
  // What may follow the last piece of the prefix that is 1, 2, 3, 4 bases shorter.
  uint64_t after1 = may_follow_[kStart], after2 = 0, after3 = 0, after4 = 0;
  size_t code = 0;
  for (size_t i = 0; i < chunk.size(); ++i) {
    code = (code << 2 | chunk[i]) & 255;
    const std::array<uint8_t, kLongest>& t = ending_[code];
    const auto chosen = [](uint64_t after, uint8_t piece) {
      return piece & (0u - static_cast<unsigned>(after >> piece & 1));
    };
    const unsigned piece =
        chosen(after1, t[0]) | chosen(after2, t[1]) | chosen(after3, t[2]) | chosen(after4, t[3]);
    last[i] = static_cast<uint8_t>(piece);
    after4 = after3;
    after3 = after2;
    after2 = after1;
    after1 = may_follow_[piece];
  }
  for (size_t end = chunk.size(); end > 0;) {
    const uint8_t piece = last[end - 1];
    symbols[end - 1] = symbols_[piece];
    end -= lengths_[piece];
    symbols[end] = symbols_[piece];
  }
}

}  // namespace lexome
