// Any tokenizer by the path of what makes its tokens: a vocabulary, or a run whose network does.
#pragma once

#include <string>
#include <vector>

#include "lexome/engine.h"
#include "lexome/tokenizer.h"

namespace lexome::cli {

// Loads the engine only for a learned vocabulary and a run that makes its own tokens. Of any other
// vocabulary, and of a run that reads one, `own_lines` is 0 and `sha256` empty; what only networks
// need is refused with it (ConfigError).
LearnedTokenizer open_tokenizer(const TokenizerRequest& request);

struct NamedTokenizer {
  std::string name;
  LearnedTokenizer opened;
};
// Each of "[NAME=]PATH", which else is called by the last part of its path. `request` says how;
// what only networks need is refused where no path is one (ConfigError), and so is a run on codes,
// whose tokens are single bases (InputError).
std::vector<NamedTokenizer> open_tokenizers(const TokenizerRequest& request,
                                            const std::vector<std::string>& models);

}  // namespace lexome::cli
