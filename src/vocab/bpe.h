// Byte-pair encoding of genomes. A whole window is one word; N breaks words and is one unknown
// token a base, so that covers always tile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexome/tokenizer.h"

namespace lexome {

struct BpeVocabulary {
  std::vector<std::string> texts;  // by id; pieces are spelled in ACGT
  SpecialIds specials;
  std::vector<std::pair<int32_t, int32_t>> merges;  // ids, by rank; the result is the joined text
  std::string training;  // JSON object: what it was learned from; may be empty
};

inline constexpr int64_t kMaxBpeTokens = 65000;

// Merges of pieces with other letters than ACGT are left out (said). Throws FormatError naming
// `origin`: a base without token, a text twice, a merge of unknown ids or into no known text.
std::unique_ptr<Tokenizer> make_bpe(BpeVocabulary vocabulary, const std::string& origin);

// The vocabulary of a BPE tokenizer; null for other kinds.
const BpeVocabulary* bpe_vocabulary(const Tokenizer& tokenizer);

// Merges written "ACG T" as ids. Throws FormatError naming `origin` and the merge.
std::vector<std::pair<int32_t, int32_t>> merges_from_texts(const std::vector<std::string>& merges,
                                                           const std::vector<std::string>& texts,
                                                           const std::string& origin);

}  // namespace lexome
