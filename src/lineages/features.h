// Sequences as rows of numbers, one way for every vocabulary: how often each token stands in a
// sequence (the mean of one-hot token vectors). Tokens that hold an unknown base, and codes that
// see one, count nowhere; beyond a sequence's ends nothing is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/kmer_features.h"
#include "lexome/bases.h"
#include "lexome/tokenizer.h"

namespace lexome {

// A way to turn sequences into rows, each the frequencies of tokens (they sum to 1).
struct FeatureRows {
  std::string name;  // "6-mer"
  SparseRows rows;
};

FeatureRows base_features(const std::vector<Bases>& sequences);
FeatureRows word_features(const std::vector<Bases>& sequences, int k);
// One for each level of the tokenizer, in `names`.
std::vector<FeatureRows> token_features(const std::vector<Bases>& sequences,
                                        const Tokenizer& tokenizer,
                                        const std::vector<std::string>& names);
// The rows named, in that order.
SparseRows rows_at(const SparseRows& rows, const std::vector<size_t>& which);
double squared_distance(const SparseRows& rows, size_t a, size_t b);

}  // namespace lexome
