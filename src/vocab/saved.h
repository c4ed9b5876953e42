// What every saved tokenizer shares: the JSON envelope with version and self-test, and helpers that
// read its body with errors that name the file. A tokenizer writes only what is its own.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "lexome/tokenizer.h"
#include "vocab/registry.h"

namespace lexome {

// Version of the envelope and of all bodies; a file with a newer one is refused.
inline constexpr int kTokenizerVersion = 1;

// The whole file: `body` (an object) between the envelope's keys and a self-test made now.
std::string saved_json(const Tokenizer& tokenizer, nlohmann::ordered_json body);

// The file of a learned vocabulary: the same envelope, without a self-test, since its tokens need
// its network.
struct LearnedLevel {
  int64_t codes = 0;
  int64_t sees = 0;  // bases left and right
};
struct LearnedFile {
  std::string kind, about;
  std::vector<LearnedLevel> levels;
};
std::string learned_json(const std::string& kind, const std::string& about,
                         const std::vector<LearnedLevel>& levels);
// InputError for a vocabulary of another kind or alphabet, FormatError for a damaged one.
LearnedFile read_learned(const std::string& text, const std::string& origin);

// Is this the tokenizer.json of a learned vocabulary?
bool is_learned_file(const std::string& path);
// A folder that holds one?
bool is_learned_vocabulary_folder(const std::string& path);

// What a saved vocabulary says of itself in one line, learned ones included.
std::string vocabulary_about(const std::string& path);

// Loads with another table than tokenizer_registry() (tests, programs that bring their own).
std::shared_ptr<const Tokenizer> tokenizer_from_json(const std::string& text,
                                                     const std::string& origin,
                                                     std::span<const TokenizerEntry> table);

// Entries of a body; FormatError that names `origin` and the key when missing or of another type.
int64_t saved_integer(const nlohmann::json& body, const char* key, const std::string& origin);
std::string saved_text(const nlohmann::json& body, const char* key, const std::string& origin);

// The bases of one window's tokens from what each id spells. Where covers tile, spellings are
// joined; otherwise each is laid down at its cover. What no known token spells is N.
Bases spelled_bases(const Tokenizer& tokenizer, const Tokens& tokens);

// True of ids without spelling: special tokens and ids off the vocabulary.
bool spells_nothing(const Tokenizer& tokenizer, int32_t id);

}  // namespace lexome
