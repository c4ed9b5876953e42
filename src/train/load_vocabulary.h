// A vocabulary folder of `lexome vocab vq|hrq|rvq|fsq`, read and checked: the one door to learned
// vocabularies. What it gives is frozen (models/frozen_vocabulary.h).
#pragma once

#include <string>

#include "lexome/options.h"
#include "models/frozen_vocabulary.h"

namespace lexome {

// `path`: a vocabulary folder (its last checkpoint) or one checkpoint in it. InputError: no such
// folder, a vocabulary of another kind or alphabet. FormatError: damaged or missing files, levels
// or codes that contradict the recipe, tensors that are missing or hold NaN.
LoadedVocabulary load_vocabulary(const std::string& path, const torch::Device& device);

// Is this the folder of a learned vocabulary (or a checkpoint in it)?
bool holds_learned_vocabulary(const std::string& path);

// Its options from a resolved recipe's section "vocab". ConfigError as VqdnaOptions::check.
VqdnaOptions vocabulary_options(const Recipe& recipe, const std::string& kind);

}  // namespace lexome
