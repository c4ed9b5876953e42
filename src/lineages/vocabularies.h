// The vocabularies of an analysis as the one thing the rest asks.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lineages/edits.h"
#include "lineages/features.h"

namespace lexome {

inline constexpr int kWordLength = 6;

struct NamedReader {
  std::vector<std::string> levels;  // names
  BaseReader read;
};

class Vocabularies {
 public:
  // Bases and 6-mers are always there. Throws as load_tokenizer.
  explicit Vocabularies(const std::vector<std::string>& tokenizers);
  std::vector<FeatureRows> features(const std::vector<Bases>& sequences) const;
  // What each says of single bases: the token a base is in and its place there; of overlapping
  // tokens the one that starts there.
  std::vector<NamedReader> readers() const;
  // Wide enough for an edit's effect to die out on both sides.
  static constexpr uint32_t kFlank = 100;

 private:
  std::vector<std::pair<std::string, std::shared_ptr<const Tokenizer>>> tokenizers_;
};

}  // namespace lexome
