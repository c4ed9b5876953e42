// Hugging Face's tokenizer.json for BPE vocabularies, in and out: what DNABERT-2 and its kin are
// shipped with. Merges may stand as "A C" or as ["A", "C"].
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "lexome/tokenizer.h"

namespace lexome {

// FormatError when the model is no BPE, a merge makes no known piece, or nothing spells A, C, G and
// T.
std::unique_ptr<Tokenizer> from_huggingface(const nlohmann::json& json, const std::string& origin);

// ConfigError when the tokenizer is no BPE.
std::string to_huggingface(const Tokenizer& tokenizer);

}  // namespace lexome
