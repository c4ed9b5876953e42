// Vocabularies of any kind as models without layers (models/tokens.h), which load_model gives for
// their paths.
#pragma once

#include <string>

#include "train/checkpoint.h"

namespace lexome {

// True of a vocabulary's file and of the folder of a learned one.
bool is_vocabulary(const std::string& path);
LoadedModel load_vocabulary_model(const std::string& path, const torch::Device& device);

}  // namespace lexome
