#include "lineages/vocabularies.h"

#include <fmt/format.h>

#include <filesystem>

#include "lexome/error.h"

namespace lexome {
namespace {

// -1 where no whole word of known bases starts.
std::vector<int32_t> words_at(const Bases& bases) {
  std::vector<int32_t> words(bases.size(), -1);
  for (size_t i = 0; i + kWordLength <= bases.size(); ++i) {
    int32_t code = 0;
    for (size_t j = i; j < i + kWordLength; ++j)
      code = bases[j] >= kN || code < 0 ? -1 : 4 * code + bases[j];
    words[i] = code;
  }
  return words;
}

std::vector<int32_t> tokens_at(const Bases& bases, const Tokenizer& tokenizer) {
  constexpr int32_t kPlaces = 1 << 12;  // longer tokens than this do not occur
  std::vector<int32_t> read(bases.size(), -1);
  const Tokens tokens = tokenizer.encode_one(bases);
  for (size_t t = 0; t < tokens.size(); ++t) {
    const Cover cover = tokens.covers[t];
    const uint32_t end = tokenizer.tiles() ? cover.end() : cover.start + 1;
    for (uint32_t b = cover.start; b < end; ++b) {
      read[b] =
          tokens.levels.front()[t] * kPlaces + static_cast<int32_t>(b - cover.start) % kPlaces;
    }
  }
  return read;
}

}  // namespace

Vocabularies::Vocabularies(const std::vector<std::string>& tokenizers) {
  for (const std::string& path : tokenizers) {
    std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(path);
    if (tokenizer->num_levels() != 1) {
      throw InputError(fmt::format("{}: a vocabulary without tokens cannot be counted", path));
    }
    std::filesystem::path file(path);
    if (!file.has_filename()) file = file.parent_path();
    tokenizers_.emplace_back(fmt::format("{} ({})", tokenizer->kind(), file.filename().string()),
                             tokenizer);
  }
}

std::vector<FeatureRows> Vocabularies::features(const std::vector<Bases>& sequences) const {
  std::vector<FeatureRows> all = {base_features(sequences), word_features(sequences, kWordLength)};
  for (const auto& [name, tokenizer] : tokenizers_) {
    all.push_back(token_features(sequences, *tokenizer, name));
  }
  return all;
}

std::vector<NamedReader> Vocabularies::readers() const {
  std::vector<NamedReader> all;
  all.push_back({{fmt::format("{}-mer", kWordLength)}, [](const std::vector<Bases>& sequences) {
                   std::vector<std::vector<std::vector<int32_t>>> read;
                   for (const Bases& bases : sequences) read.push_back({words_at(bases)});
                   return read;
                 }});
  for (const auto& [name, tokenizer] : tokenizers_) {
    all.push_back({{name}, [tokenizer = tokenizer](const std::vector<Bases>& sequences) {
                     std::vector<std::vector<std::vector<int32_t>>> read;
                     for (const Bases& bases : sequences) {
                       read.push_back({tokens_at(bases, *tokenizer)});
                     }
                     return read;
                   }});
  }
  return all;
}

}  // namespace lexome
