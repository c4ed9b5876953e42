#include "lineages/vocabularies.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lexome/error.h"
#include "lineages/base_codes.h"

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

BaseCodes tokens_at(const Bases& bases, const Tokenizer& tokenizer) {
  constexpr int32_t kPlaces = 1 << 12;  // longer tokens than this do not occur
  const Tokens tokens = tokenizer.encode_one(bases);
  BaseCodes read(tokens.levels.size(), std::vector<int32_t>(bases.size(), -1));
  for (size_t t = 0; t < tokens.size(); ++t) {
    const Cover cover = tokens.covers[t];
    const uint32_t end = tokenizer.tiles() ? cover.end() : cover.start + 1;
    for (uint32_t b = cover.start; b < end; ++b) {
      const auto place = static_cast<int32_t>(b - cover.start) % kPlaces;
      for (size_t l = 0; l < read.size(); ++l) {
        read[l][b] = tokens.levels[l][t] * kPlaces + place;
      }
    }
  }
  return read;
}

NamedReader reader_of(const std::vector<std::string>& levels,
                      const std::shared_ptr<const Tokenizer>& tokenizer) {
  NamedReader one;
  one.levels = levels;
  one.read = [tokenizer](const std::vector<Bases>& sequences) {
    if (gives_base_codes(*tokenizer)) return read_base_codes(sequences, *tokenizer);
    std::vector<BaseCodes> read;
    for (const Bases& bases : sequences) read.push_back(tokens_at(bases, *tokenizer));
    return read;
  };
  // The farthest token that an edit reaches sees as far again.
  const Sees sees = tokenizer->sees();
  one.flank = std::max(one.flank, static_cast<uint32_t>(sees.left + sees.right));
  return one;
}

constexpr std::string_view kUntrained = "-untrained";  // ends the name of an untrained twin

bool same_shape(const Tokenizer& a, const Tokenizer& b) {
  bool same = a.kind() == b.kind() && a.num_levels() == b.num_levels() &&
              a.sees().left == b.sees().left && a.sees().right == b.sees().right;
  for (int level = 0; same && level < a.num_levels(); ++level) {
    same = a.vocab_size(level) == b.vocab_size(level);
  }
  return same;
}

}  // namespace

Vocabularies::Vocabularies(const std::vector<NamedVocabulary>& vocabularies) {
  std::set<std::string> names;
  for (const NamedVocabulary& given : vocabularies) {
    const Tokenizer& tokenizer = *given.tokenizer;
    const int levels = tokenizer.num_levels();
    if (levels < 1) {
      throw InputError(fmt::format(
          "{}: its tokens have no ids that could be counted; give a vocabulary", given.name));
    }
    Entry entry;
    entry.given = given.name;
    entry.name = fmt::format("{} ({})", tokenizer.kind(), given.name);
    entry.tokenizer = given.tokenizer;
    if (!names.insert(entry.name).second) {
      throw ConfigError(
          fmt::format("two vocabularies would be called {}: name them, as -m {}-2=VOCAB",
                      entry.name, given.name));
    }
    for (int level = 1; level <= levels; ++level) {
      entry.levels.push_back(levels == 1 ? entry.name
                                         : fmt::format("{}, level {}", entry.name, level));
    }
    entries_.push_back(std::move(entry));
  }
  for (Entry& entry : entries_) {
    for (size_t e = 0; e < entries_.size(); ++e) {
      if (entries_[e].given != entry.given + std::string(kUntrained)) continue;
      if (!same_shape(*entry.tokenizer, *entries_[e].tokenizer)) {
        throw ConfigError(
            fmt::format("{} is by its name {} untrained, but of another kind or shape; give it "
                        "another name, as -m other=VOCAB",
                        entries_[e].name, entry.name));
      }
      entry.twin = static_cast<int32_t>(e);
    }
  }
}

std::vector<FeatureRows> Vocabularies::features(const std::vector<Bases>& sequences) const {
  std::vector<FeatureRows> all = {base_features(sequences), word_features(sequences, kWordLength)};
  for (const Entry& entry : entries_) {
    for (FeatureRows& level : token_features(sequences, *entry.tokenizer, entry.levels)) {
      all.push_back(std::move(level));
    }
  }
  return all;
}

std::vector<int32_t> Vocabularies::twins() const {
  std::vector<int32_t> first;  // row of an entry's first level
  auto row = static_cast<int32_t>(kWordsRow) + 1;
  for (const Entry& entry : entries_) {
    first.push_back(row);
    row += static_cast<int32_t>(entry.levels.size());
  }
  std::vector<int32_t> twins(static_cast<size_t>(row), -1);
  for (size_t e = 0; e < entries_.size(); ++e) {
    if (entries_[e].twin < 0) continue;
    for (size_t l = 0; l < entries_[e].levels.size(); ++l) {
      twins[static_cast<size_t>(first[e]) + l] =
          first[static_cast<size_t>(entries_[e].twin)] + static_cast<int32_t>(l);
    }
  }
  return twins;
}

std::vector<NamedReader> Vocabularies::readers() const {
  std::vector<NamedReader> all;
  NamedReader& words = all.emplace_back();
  words.levels = {fmt::format("{}-mer", kWordLength)};
  words.read = [](const std::vector<Bases>& sequences) {
    std::vector<BaseCodes> read;
    for (const Bases& bases : sequences) read.push_back({words_at(bases)});
    return read;
  };
  for (const Entry& entry : entries_) all.push_back(reader_of(entry.levels, entry.tokenizer));
  return all;
}

void Vocabularies::check_window(int64_t size) const {
  for (const Entry& entry : entries_) {
    const Sees sees = entry.tokenizer->sees();
    if (size > sees.left + sees.right) continue;
    throw ConfigError(fmt::format(
        "--window {}: a code of {} sees {} bases, and counts where it sees nothing else; give "
        "longer windows",
        size, entry.name, sees.left + sees.right + 1));
  }
}

std::vector<std::string> Vocabularies::described() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    lines.push_back(fmt::format("{}: {}.", entry.name, entry.tokenizer->describe()));
    if (entry.twin >= 0) {
      lines.back() += fmt::format(" The same untrained, by its name: {}.",
                                  entries_[static_cast<size_t>(entry.twin)].name);
    }
  }
  return lines;
}

}  // namespace lexome
