// The tables of fixed tokenizers, of learned vocabularies and of statistics. To add one: write its
// file with a `TokenizerEntry NAME_tokenizer()` or a `StatisticsEntry NAME_statistics()` at the
// end, and add its name to the list below.
#include "vocab/registry.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {

#define LEXOME_TOKENIZERS(X) \
  X(nucleotide)              \
  X(kmer)                    \
  X(ngram)                   \
  X(bpe)

#define LEXOME_STATISTICS(X) X(pmi)

#define LEXOME_DECLARE(name) TokenizerEntry name##_tokenizer();
LEXOME_TOKENIZERS(LEXOME_DECLARE)
#undef LEXOME_DECLARE
#define LEXOME_DECLARE(name) StatisticsEntry name##_statistics();
LEXOME_STATISTICS(LEXOME_DECLARE)
#undef LEXOME_DECLARE

namespace {

[[noreturn]] void refuse(const char* what, const std::string& name,
                         const std::vector<std::string>& known) {
  const std::string near = nearest_name(name, known);
  throw ConfigError(
      std::string("no ") + what + " is called '" + name + "'" +
      (near.empty() ? ": `lexome list` shows them all" : ": did you mean '" + near + "'?"));
}

}  // namespace

std::span<const TokenizerEntry> tokenizer_registry() {
#define LEXOME_ENTRY(name) name##_tokenizer(),
  static const std::array table = {LEXOME_TOKENIZERS(LEXOME_ENTRY)};
#undef LEXOME_ENTRY
  return table;
}

std::span<const LearnedVocabulary> learned_vocabularies() {
  static constexpr std::array table = {
      LearnedVocabulary{"vq", "VQDNA: one codebook over the features of a convolutional encoder"},
      LearnedVocabulary{"hrq", "VQDNA: hierarchical residual quantisation, a codebook a depth"},
      LearnedVocabulary{"rvq", "residual vector quantisation of the last depth"},
      LearnedVocabulary{"fsq", "finite scalar quantisation: rounded channels, no codebook"}};
  return table;
}

bool is_learned_vocabulary(const std::string& name) {
  const auto table = learned_vocabularies();
  return std::any_of(table.begin(), table.end(),
                     [&](const LearnedVocabulary& each) { return name == each.name; });
}

const TokenizerEntry& tokenizer_entry(const std::string& name) {
  std::vector<std::string> known;
  for (const TokenizerEntry& entry : tokenizer_registry()) {
    if (name == entry.name) return entry;
    known.emplace_back(entry.name);
  }
  for (const LearnedVocabulary& each : learned_vocabularies()) known.emplace_back(each.name);
  refuse("tokenizer", name, known);
}

std::span<const StatisticsEntry> statistics_registry() {
#define LEXOME_ENTRY(name) name##_statistics(),
  static const std::array table = {LEXOME_STATISTICS(LEXOME_ENTRY)};
#undef LEXOME_ENTRY
  return table;
}

std::unique_ptr<VocabWriter> vocab_writer(const std::string& kind) {
  std::vector<std::string> known;
  for (const TokenizerEntry& entry : tokenizer_registry()) {
    if (kind == entry.name) return entry.trainer();
    known.emplace_back(entry.name);
  }
  for (const StatisticsEntry& entry : statistics_registry()) {
    if (kind == entry.name) return entry.writer();
    known.emplace_back(entry.name);
  }
  for (const LearnedVocabulary& each : learned_vocabularies()) known.emplace_back(each.name);
  refuse("tokenizer or statistic", kind, known);
}

std::string VocabTrainer::write(const GenomeSet& genomes, const VocabContext& context,
                                const std::string& path) {
  const std::unique_ptr<Tokenizer> tokenizer = train(genomes, context);
  OutputFile out(path, /*force=*/true);
  out.write(tokenizer->to_json());
  out.commit();
  return tokenizer->describe();
}

}  // namespace lexome
