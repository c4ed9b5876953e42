// Codes of a tokenizer that gives one to every base, as the network of a learned vocabulary does.
// A code depends on what it sees alone, and genomes of one virus are alike: each stretch that
// occurs is read once, however many sequences hold it.
#pragma once

#include <cstdint>
#include <vector>

#include "lexome/bases.h"
#include "lexome/tokenizer.h"

namespace lexome {

// Whether every base has a token of its own, which depends on nothing but what it sees.
bool gives_base_codes(const Tokenizer& tokenizer);

// By level, then base; -1 where the tokenizer sees a base that is unknown or beyond the sequence.
// What it sees is what its widest level sees, so that levels speak of the same bases.
using BaseCodes = std::vector<std::vector<int32_t>>;
std::vector<BaseCodes> read_base_codes(const std::vector<Bases>& sequences,
                                       const Tokenizer& tokenizer);

}  // namespace lexome
