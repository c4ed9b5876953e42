// The encoder against merging by definition, for any chunk size; N, covers, and vocabularies that
// were cut or edited.
#include "vocab/bpe.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "lexome/error.h"
#include "unit/vocab/bpe_reference.h"
#include "vocab/bpe_learn.h"
#include "vocab/bpe_opening.h"

namespace lexome {
namespace {

using test::plain_encode;
using test::random_bases;
using test::repetitive_bases;
using test::rules_of;
using test::text_of;

BpeLearned learned_from(uint64_t key, int64_t pieces) {
  return learn_bpe(text_of({{repetitive_bases(4000, key)}}), {.pieces = pieces});
}

std::unique_ptr<Tokenizer> tokenizer_from(const BpeLearned& learned) {
  return make_bpe(bpe_vocabulary_from(learned, "{}"), "test");
}

TEST(BpeMerger, MergesAsTheDefinitionDoesWhateverTheChunk) {
  for (uint64_t key = 0; key < 12; ++key) {
    const BpeRules rules = rules_of(learned_from(key, 60 + 40 * static_cast<int64_t>(key % 4)));
    const BpeOpening opening(rules);
    ASSERT_GT(opening.num_rules(), 0u);
    for (const size_t chunk : {4, 5, 8, 13, 40, 100, 2048}) {
      BpeMerger merger(rules, chunk == 13 ? nullptr : &opening, chunk);
      for (const size_t length : {1, 2, 3, 7, 30, 101, 400}) {
        for (const Bases& word :
             {repetitive_bases(length, key + length), random_bases(length, key + length),
              random_bases(length, key + length, 2), Bases(length, kA)}) {
          std::vector<BpeSymbol> symbols = {7};
          merger.encode(word, &symbols);
          std::vector<BpeSymbol> expected = plain_encode(rules, word);
          expected.insert(expected.begin(), 7);
          ASSERT_EQ(symbols, expected)
              << "key " << key << " chunk " << chunk << " length " << length;
        }
      }
    }
  }
}

// Rules in an order no training gives, so that a merge can make a pair of lower rank than its own.
TEST(BpeMerger, MergesAsTheDefinitionDoesForShuffledRules) {
  for (uint64_t key = 0; key < 40; ++key) {
    BpeLearned learned = learned_from(key, 60);
    Random random(5, Purpose::kTest, key);
    for (size_t i = learned.rules.size(); i > 1; --i) {
      std::swap(learned.rules[i - 1], learned.rules[random.below(i)]);
    }
    const BpeRules rules = rules_of(learned);
    const BpeOpening opening(rules);
    for (const size_t chunk : {4, 9, 33, 2048}) {
      BpeMerger merger(rules, &opening, chunk);
      for (const Bases& word : {repetitive_bases(300, key), random_bases(300, key, 2)}) {
        std::vector<BpeSymbol> symbols;
        merger.encode(word, &symbols);
        ASSERT_EQ(symbols, plain_encode(rules, word)) << "key " << key << " chunk " << chunk;
      }
    }
  }
}

TEST(Bpe, NBreaksWordsAndIsOneUnknownTokenABase) {
  const BpeLearned learned = learned_from(3, 80);
  const auto tokenizer = tokenizer_from(learned);
  const BpeRules rules = rules_of(learned);
  const Bases left = repetitive_bases(57, 3), right = repetitive_bases(80, 4);
  Bases whole = left;
  whole.insert(whole.end(), 3, kN);
  whole.insert(whole.end(), right.begin(), right.end());
  const Tokens tokens = tokenizer->encode_one(whole);
  std::vector<int32_t> expected;
  for (const BpeSymbol symbol : plain_encode(rules, left)) expected.push_back(5 + symbol);
  expected.insert(expected.end(), 3, 0);
  for (const BpeSymbol symbol : plain_encode(rules, right)) expected.push_back(5 + symbol);
  EXPECT_EQ(tokens.levels[0], expected);
  uint32_t start = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(tokens.covers[i].start, start);
    start = tokens.covers[i].end();
  }
  EXPECT_EQ(start, whole.size());
  EXPECT_EQ(tokenizer->decode(tokens), whole);
  EXPECT_EQ(tokenizer->encode_one(bases_from("NNN")).levels[0], (std::vector<int32_t>{0, 0, 0}));
  EXPECT_EQ(tokenizer->encode_one({}).size(), 0u);
}

TEST(Bpe, LaysSpecialTokensOutAsDnabert2Does) {
  const auto tokenizer = tokenizer_from(learned_from(3, 80));
  EXPECT_EQ(tokenizer->vocab_size(), 85);
  const char* texts[] = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "A", "C", "G", "T"};
  for (int32_t id = 0; id < 9; ++id) EXPECT_EQ(tokenizer->token_text(id), texts[id]);
  EXPECT_EQ(tokenizer->specials().pad, 3);
  EXPECT_TRUE(tokenizer->spelling(4).empty());
  EXPECT_EQ(to_letters(tokenizer->spelling(20)), tokenizer->token_text(20));
}

TEST(Bpe, SavesWhatItWasLearnedFrom) {
  const auto tokenizer = make_bpe(
      bpe_vocabulary_from(learned_from(3, 80), R"({"bases": 4000, "sampled": false})"), "test");
  const auto loaded = tokenizer_from_json(tokenizer->to_json(), "v.json");
  EXPECT_EQ(loaded->to_json(), tokenizer->to_json());
  EXPECT_EQ(nlohmann::json::parse(loaded->to_json()).at("training").at("bases"), 4000);
}

TEST(Bpe, RefusesVocabulariesThatDoNotHoldTogether) {
  const std::string text = tokenizer_from(learned_from(3, 80))->to_json();
  const auto message = [&](const auto& edit) -> std::string {
    nlohmann::json json = nlohmann::json::parse(text);
    edit(json);
    try {
      tokenizer_from_json(json.dump(), "v.json");
    } catch (const FormatError& error) {
      return error.what();
    }
    return "";
  };
  using Json = nlohmann::json;
  EXPECT_NE(message([](Json& j) { j["merges"][3] = "A"; }).find("merge 4"), std::string::npos);
  EXPECT_NE(message([](Json& j) { j["merges"][3] = "A X"; }).find("merge 4"), std::string::npos);
  EXPECT_NE(message([](Json& j) { j["merges"][3] = j["merges"][2]; }).find("repeats rule"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["tokens"].push_back("A"); }).find("stands twice"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) {
              j["tokens"][8] = "U";
              j["merges"] = Json::array();
            }).find("base T"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["specials"]["unk"] = -1; }).find("unknown token"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["specials"]["cls"] = 85; }).find("off the vocabulary"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { std::swap(j["merges"][0], j["merges"][40]); }).find("self-test"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["merges"] = 3; }).find("must be a list"), std::string::npos);
  EXPECT_NE(message([](Json& j) { j["tokens"][7] = 3; }).find("list of texts"), std::string::npos);
}

}  // namespace
}  // namespace lexome
