// One token a base. The simplest tokenizer: covers tile, nothing is lost.
#pragma once

#include <memory>
#include <string>

#include "lexome/tokenizer.h"

namespace lexome {

// Where special tokens and bases stand among the ids. "plain": [PAD] [UNK] [CLS] [SEP] [MASK] A C G
// T; "hyenadna": [CLS] [SEP] [BOS] [MASK] [PAD] [RESERVED] [UNK] A C G T N, where N has a token of
// its own. `sees`: where a model reads in the place of each base something that sees its
// neighbours, how far; masking goes by it.
std::unique_ptr<Tokenizer> make_nucleotide(const std::string& layout = "plain",
                                           const Sees& sees = {});

}  // namespace lexome
