// The vocabularies of an analysis as the one thing the rest asks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lineages/edits.h"
#include "lineages/features.h"

namespace lexome {

inline constexpr int kWordLength = 6;

// A vocabulary and what its rows are called: "hrq (NAME), level 2".
struct NamedVocabulary {
  std::string name;
  std::shared_ptr<const Tokenizer> tokenizer;
};

struct NamedReader {
  std::vector<std::string> levels;  // names
  BaseReader read;
  // Bases on both sides of an edit that settle all it changes.
  uint32_t flank = kLeastFlank;
  static constexpr uint32_t kLeastFlank = 100;
};

class Vocabularies {
 public:
  // Bases and 6-mers are always there. InputError: a tokenizer whose tokens have no ids;
  // ConfigError: two whose rows would be called the same, or NAME-untrained that is of another kind
  // or shape than NAME.
  explicit Vocabularies(const std::vector<NamedVocabulary>& vocabularies);
  // One for each vocabulary and level; 6-mers stand at kWordsRow.
  std::vector<FeatureRows> features(const std::vector<Bases>& sequences) const;
  static constexpr size_t kWordsRow = 1;
  // By row of features(): the row of the same network untrained, the same level, which is the
  // vocabulary called NAME-untrained beside NAME; -1: none.
  std::vector<int32_t> twins() const;
  // What each says of single bases: the token a base is in and its place there; of overlapping
  // tokens the one that starts there.
  std::vector<NamedReader> readers() const;
  // ConfigError: windows of `size` bases are no longer than what a code sees.
  void check_window(int64_t size) const;
  // "hrq (NAME): 1024 + 2048 codes a base ...", of those beside bases and 6-mers.
  std::vector<std::string> described() const;

 private:
  struct Entry {
    std::string given;                // NAME
    std::string name;                 // of its rows: "hrq (NAME)"
    std::vector<std::string> levels;  // names of its rows
    std::shared_ptr<const Tokenizer> tokenizer;
    int32_t twin = -1;  // entry of the same network untrained
  };
  std::vector<Entry> entries_;
};

}  // namespace lexome
