// The table of fixed tokenizers. To add one: write its file with a `TokenizerEntry
// NAME_tokenizer()` at the end, and add its name to the list below.
#include "vocab/registry.h"

#include <array>
#include <string>
#include <vector>

#include "base/text.h"
#include "lexome/error.h"

namespace lexome {

#define LEXOME_TOKENIZERS(X) \
  X(nucleotide)              \
  X(kmer)                    \
  X(bpe)

#define LEXOME_DECLARE(name) TokenizerEntry name##_tokenizer();
LEXOME_TOKENIZERS(LEXOME_DECLARE)
#undef LEXOME_DECLARE

std::span<const TokenizerEntry> tokenizer_registry() {
#define LEXOME_ENTRY(name) name##_tokenizer(),
  static const std::array table = {LEXOME_TOKENIZERS(LEXOME_ENTRY)};
#undef LEXOME_ENTRY
  return table;
}

const TokenizerEntry& tokenizer_entry(const std::string& name) {
  std::vector<std::string> known;
  for (const TokenizerEntry& entry : tokenizer_registry()) {
    if (name == entry.name) return entry;
    known.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, known);
  throw ConfigError(
      "no tokenizer is called '" + name + "'" +
      (near.empty() ? ": `lexome list` shows them all" : ": did you mean '" + near + "'?"));
}

}  // namespace lexome
