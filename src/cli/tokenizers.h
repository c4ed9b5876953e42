// Any tokenizer by the path of what makes its tokens: a vocabulary, or a run whose network does.
#pragma once

#include <string>

#include "lexome/engine.h"
#include "lexome/tokenizer.h"

namespace lexome::cli {

// Loads the engine only for a learned vocabulary and a run that makes its own tokens. Of any other
// vocabulary, and of a run that reads one, `own_lines` is 0 and `sha256` empty; what only networks
// need is refused with it (ConfigError).
LearnedTokenizer open_tokenizer(const TokenizerRequest& request);

}  // namespace lexome::cli
