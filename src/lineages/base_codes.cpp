#include "lineages/base_codes.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace lexome {
namespace {

constexpr size_t kStretch = 50;          // bases that get their codes from one stretch
constexpr size_t kReadAtOnce = 1 << 20;  // bases; bounds the memory of tokens

// Bases [begin, end) of a sequence get their codes from a stretch.
struct Place {
  size_t sequence = 0, begin = 0, end = 0, stretch = 0;
};

struct Stretches {
  std::vector<Bases> bases;  // each once, with what its codes see on both sides
  std::vector<Place> places;
};

Stretches cut(const std::vector<Bases>& sequences, size_t left, size_t right) {
  Stretches out;
  std::unordered_map<std::string, size_t> known;  // by letters
  for (size_t s = 0; s < sequences.size(); ++s) {
    const Bases& bases = sequences[s];
    for (size_t begin = left; begin + right < bases.size(); begin += kStretch) {
      const size_t end = std::min(begin + kStretch, bases.size() - right);
      Bases stretch(bases.begin() + static_cast<std::ptrdiff_t>(begin - left),
                    bases.begin() + static_cast<std::ptrdiff_t>(end + right));
      const auto [at, fresh] = known.emplace(to_letters(stretch), out.bases.size());
      if (fresh) out.bases.push_back(std::move(stretch));
      out.places.push_back({s, begin, end, at->second});
    }
  }
  return out;
}

// Codes of each stretch, those of its sides left out; stretches are read one behind another.
std::vector<BaseCodes> read_stretches(const std::vector<Bases>& stretches,
                                      const Tokenizer& tokenizer, size_t left, size_t right) {
  std::vector<BaseCodes> codes;
  for (size_t first = 0; first < stretches.size();) {
    Bases row;
    size_t end = first;
    while (end < stretches.size() && row.size() < kReadAtOnce) {
      row.insert(row.end(), stretches[end].begin(), stretches[end].end());
      ++end;
    }
    const Tokens tokens = tokenizer.encode_one(row);
    size_t at = 0;
    for (; first < end; ++first) {
      BaseCodes& levels = codes.emplace_back();
      const size_t next = at + stretches[first].size();
      for (const std::vector<int32_t>& ids : tokens.levels) {
        levels.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(at + left),
                            ids.begin() + static_cast<std::ptrdiff_t>(next - right));
      }
      at = next;
    }
  }
  return codes;
}

}  // namespace

bool gives_base_codes(const Tokenizer& tokenizer) {
  return tokenizer.regular() && tokenizer.tiles() && tokenizer.num_levels() > 0 &&
         tokenizer.encode_one(Bases(2, kA)).size() == 2;
}

std::vector<BaseCodes> read_base_codes(const std::vector<Bases>& sequences,
                                       const Tokenizer& tokenizer) {
  const auto left = static_cast<size_t>(tokenizer.sees().left),
             right = static_cast<size_t>(tokenizer.sees().right);
  const Stretches cuts = cut(sequences, left, right);
  const std::vector<BaseCodes> read = read_stretches(cuts.bases, tokenizer, left, right);
  std::vector<BaseCodes> codes;
  for (const Bases& bases : sequences) {
    codes.emplace_back(static_cast<size_t>(tokenizer.num_levels()),
                       std::vector<int32_t>(bases.size(), -1));
  }
  for (const Place& place : cuts.places) {
    const BasesView bases = sequences[place.sequence];
    // The first base behind the last unknown one that a code sees.
    size_t clear = place.begin - left;
    for (size_t b = clear; b < place.begin + right; ++b) {
      if (bases[b] >= kN) clear = b + 1;
    }
    for (size_t b = place.begin; b < place.end; ++b) {
      if (bases[b + right] >= kN) clear = b + right + 1;
      if (clear + left > b) continue;
      for (size_t l = 0; l < codes[place.sequence].size(); ++l) {
        codes[place.sequence][l][b] = read[place.stretch][l][b - place.begin];
      }
    }
  }
  return codes;
}

}  // namespace lexome
