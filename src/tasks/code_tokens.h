// Codes of a learned vocabulary as the tokens of `lexome tokenize`.
#pragma once

#include "lexome/engine.h"

namespace lexome {

// `request.path` is a learned vocabulary's folder. Codes depend on the bases they see and not on
// where a sequence is cut: a window or a flank is refused (ConfigError). `judge` says what share of
// bases come back wrong from their codes and on how many codes fp32 and bf16 agree. Throws
// ConfigError, InputError, FormatError.
LearnedTokenizer open_code_tokenizer(const TokenizerRequest& request);

}  // namespace lexome
