// Saved tokenizers: what is written loads, and whatever was cut, edited or made by a newer program
// is refused by name.
#include "lexome/tokenizer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "lexome/error.h"
#include "vocab/kmer.h"
#include "vocab/registry.h"

namespace lexome {
namespace {

std::string message_of(const std::string& text) {
  try {
    tokenizer_from_json(text, "v.json");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

class SavedTokenizer : public testing::Test {
 protected:
  SavedTokenizer()
      : folder_(std::filesystem::temp_directory_path() /
                ("lexome_vocab_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~SavedTokenizer() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::string text_ = make_kmer({.k = 4, .stride = 2})->to_json();
};

TEST_F(SavedTokenizer, LoadsFromItsFileAndFromItsFolder) {
  const auto tokenizer = make_kmer({.k = 4, .stride = 2});
  const std::string file = (folder_ / "tokenizer.json").string();
  save_tokenizer(*tokenizer, file);
  for (const std::string& path : {file, folder_.string()}) {
    const auto loaded = load_tokenizer(path);
    EXPECT_EQ(loaded->describe(), tokenizer->describe());
    EXPECT_EQ(loaded->to_json(), tokenizer->to_json());
  }
}

TEST_F(SavedTokenizer, RefusesAFolderWithoutVocabulary) {
  EXPECT_THROW(load_tokenizer(folder_.string()), InputError);
  EXPECT_THROW(load_tokenizer((folder_ / "missing.json").string()), IoError);
}

TEST_F(SavedTokenizer, RefusesAFileThatEncodesOtherwise) {
  nlohmann::json json = nlohmann::json::parse(text_);
  json["order"] = "ACGT";
  EXPECT_NE(message_of(json.dump()).find("self-test sequence 1"), std::string::npos);
  json = nlohmann::json::parse(text_);
  json["self_test"][2]["starts"] = "0 2 5";
  EXPECT_NE(message_of(json.dump()).find("self-test sequence 3"), std::string::npos);
  json = nlohmann::json::parse(text_);
  json.erase("self_test");
  EXPECT_NE(message_of(json.dump()).find("no self_test"), std::string::npos);
}

TEST_F(SavedTokenizer, RefusesANewerVersionAnUnknownKindAndDamage) {
  nlohmann::json json = nlohmann::json::parse(text_);
  json["version"] = 2;
  EXPECT_NE(message_of(json.dump()).find("newer than this lexome"), std::string::npos);
  json = nlohmann::json::parse(text_);
  json["kind"] = "syllables";
  EXPECT_NE(message_of(json.dump()).find("'syllables'"), std::string::npos);
  json = nlohmann::json::parse(text_);
  json["k"] = "four";
  EXPECT_NE(message_of(json.dump()).find("'k' must be an integer"), std::string::npos);
  json["k"] = 400;
  EXPECT_NE(message_of(json.dump()).find("v.json"), std::string::npos);
  for (size_t length = 0; length < text_.size() - 1; length += 97) {
    EXPECT_THROW(tokenizer_from_json(text_.substr(0, length), "v.json"), FormatError) << length;
  }
  EXPECT_THROW(tokenizer_from_json("[1, 2]", "v.json"), FormatError);
  EXPECT_THROW(tokenizer_from_json("{\"a\": 1}", "v.json"), FormatError);
}

TEST(TokenizerRegistry, NamesTheNearestEntry) {
  EXPECT_STREQ(tokenizer_entry("kmer").name, "kmer");
  try {
    tokenizer_entry("kmre");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("'kmer'"), std::string::npos);
  }
}

}  // namespace
}  // namespace lexome
