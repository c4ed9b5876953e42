// The tables of what `lexome vocab` makes: tokenizers, and statistics that are no tokenizer. One
// line each in registry.cpp, one file each beside it. A tokenizer's entry knows how to learn a
// vocabulary (its options included) and how to load one.
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

// Something `lexome vocab KIND` learns and writes down.
class VocabWriter {
 public:
  virtual ~VocabWriter() = default;
  virtual Fields fields() = 0;  // section "vocab"
  virtual bool needs_genome() const { return false; }
  // Writes to `path`, replacing what is there; returns a line that says what it made.
  virtual std::string write(const GenomeSet& genomes, const VocabContext& context,
                            const std::string& path) = 0;
};

// Learns a tokenizer. Fixed ones (k-mers) need no genome and ignore it.
class VocabTrainer : public VocabWriter {
 public:
  virtual std::unique_ptr<Tokenizer> train(const GenomeSet& genomes,
                                           const VocabContext& context) = 0;
  std::string write(const GenomeSet& genomes, const VocabContext& context,
                    const std::string& path) final;
};

struct TokenizerEntry {
  const char* name;
  const char* help;
  std::unique_ptr<VocabTrainer> (*trainer)();
  // From the parsed JSON of a saved tokenizer; FormatError when it does not fit.
  std::unique_ptr<Tokenizer> (*load)(const nlohmann::json& json, const std::string& origin);
};

std::span<const TokenizerEntry> tokenizer_registry();

// Vocabularies whose codes come from a network: learned and read by the floors that know tensors
// (train/learn_vocabulary.h), listed here so that one table names every vocabulary there is.
struct LearnedVocabulary {
  const char* name;
  const char* help;
};
std::span<const LearnedVocabulary> learned_vocabularies();
bool is_learned_vocabulary(const std::string& name);

const TokenizerEntry& tokenizer_entry(
    const std::string& name);  // ConfigError with the nearest name

struct StatisticsEntry {
  const char* name;
  const char* help;
  std::unique_ptr<VocabWriter> (*writer)();
};

std::span<const StatisticsEntry> statistics_registry();

// What makes a kind, whichever table it stands in; ConfigError with the nearest name.
std::unique_ptr<VocabWriter> vocab_writer(const std::string& kind);

}  // namespace lexome
