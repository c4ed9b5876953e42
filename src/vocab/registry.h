// The table of tokenizers: one line each in registry.cpp, one file each beside it. An entry knows
// how to learn a vocabulary (its options included) and how to load one.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "lexome/genome.h"
#include "lexome/options.h"
#include "lexome/tokenizer.h"

namespace lexome {

struct VocabContext {
  int threads = 1;
  uint64_t seed = 1;
  int64_t max_memory = 0;  // bytes; 0: no limit
};

// Learns a vocabulary. Fixed tokenizers (k-mers) need no genome and ignore it.
class VocabTrainer {
 public:
  virtual ~VocabTrainer() = default;
  virtual Fields fields() = 0;  // section "vocab"
  virtual bool needs_genome() const { return false; }
  virtual std::unique_ptr<Tokenizer> train(const GenomeSet& genomes,
                                           const VocabContext& context) = 0;
};

struct TokenizerEntry {
  const char* name;
  const char* help;
  std::unique_ptr<VocabTrainer> (*trainer)();
  // From the parsed JSON of a saved tokenizer; FormatError when it does not fit.
  std::unique_ptr<Tokenizer> (*load)(const nlohmann::json& json, const std::string& origin);
};

std::span<const TokenizerEntry> tokenizer_registry();
const TokenizerEntry& tokenizer_entry(
    const std::string& name);  // ConfigError with the nearest name

}  // namespace lexome
