// tokenizer.json as Hugging Face writes it: DNABERT-2's layout, both ways of writing merges, and
// what is refused.
#include "vocab/huggingface.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "lexome/error.h"
#include "unit/vocab/bpe_reference.h"
#include "vocab/bpe_learn.h"
#include "vocab/kmer.h"

namespace lexome {
namespace {

nlohmann::json small_file() {
  return nlohmann::json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 0, "content": "[UNK]", "special": true}, {"id": 1, "content": "[CLS]", "special": true},
      {"id": 2, "content": "[SEP]", "special": true}, {"id": 3, "content": "[PAD]", "special": true},
      {"id": 4, "content": "[MASK]", "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
    "model": {"type": "BPE", "dropout": null, "unk_token": "[UNK]",
      "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
      "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "[MASK]": 4,
                "A": 5, "C": 6, "G": 7, "T": 8, "AA": 9, "TA": 10, "ATA": 11, "AT": 12},
      "merges": ["A A", "T A", "A TA", "A T", "AT A"]}})");
}

TEST(HuggingFace, LoadsDnabert2sLayout) {
  const auto tokenizer = tokenizer_from_json(small_file().dump(), "tokenizer.json");
  EXPECT_EQ(tokenizer->kind(), "bpe");
  EXPECT_EQ(tokenizer->vocab_size(), 13);
  EXPECT_EQ(tokenizer->specials().unk, 0);
  EXPECT_EQ(tokenizer->specials().cls, 1);
  EXPECT_EQ(tokenizer->specials().sep, 2);
  EXPECT_EQ(tokenizer->specials().pad, 3);
  EXPECT_EQ(tokenizer->specials().mask, 4);
  // AATAC: AA first, then TA; CATAG: TA, then ATA.
  EXPECT_EQ(tokenizer->encode_one(bases_from("AATAC")).levels[0], (std::vector<int32_t>{9, 10, 6}));
  EXPECT_EQ(tokenizer->encode_one(bases_from("CATAGN")).levels[0],
            (std::vector<int32_t>{6, 11, 7, 0}));
}

TEST(HuggingFace, ReadsMergesAsPairs) {
  nlohmann::json json = small_file();
  json["model"]["merges"] =
      nlohmann::json::parse(R"([["A", "A"], ["T", "A"], ["A", "TA"], ["A", "T"], ["AT", "A"]])");
  const auto pairs = tokenizer_from_json(json.dump(), "pairs");
  const auto texts = tokenizer_from_json(small_file().dump(), "texts");
  EXPECT_EQ(pairs->to_json(), texts->to_json());
}

TEST(HuggingFace, WritesWhatItReads) {
  const BpeLearned learned =
      learn_bpe(test::text_of({{test::repetitive_bases(5000, 8)}}), {.pieces = 200});
  const auto tokenizer = make_bpe(bpe_vocabulary_from(learned, ""), "test");
  const std::string text = to_huggingface(*tokenizer);
  const auto loaded = tokenizer_from_json(text, "tokenizer.json");
  EXPECT_EQ(loaded->to_json(), tokenizer->to_json());
  EXPECT_EQ(to_huggingface(*loaded), text);
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("model").at("type"), "BPE");
  EXPECT_EQ(json.at("model").at("vocab").size(), 205u);
  EXPECT_EQ(json.at("added_tokens").size(), 5u);
  const nlohmann::json& single = json.at("post_processor").at("single");
  EXPECT_EQ(single[0].at("SpecialToken").at("id"), "[CLS]");
  EXPECT_EQ(single[1].at("Sequence").at("id"), "A");
  EXPECT_EQ(single[2].at("SpecialToken").at("id"), "[SEP]");
  EXPECT_THROW(to_huggingface(*make_kmer({})), ConfigError);
}

TEST(HuggingFace, LeavesOutMergesOfOtherLetters) {
  nlohmann::json json = small_file();
  json["model"]["vocab"]["N"] = 13;
  json["model"]["vocab"]["NN"] = 14;
  json["model"]["merges"].push_back("N N");
  const auto tokenizer = tokenizer_from_json(json.dump(), "with N");
  EXPECT_EQ(tokenizer->vocab_size(), 15);
  EXPECT_EQ(tokenizer->token_text(14), "NN");
  EXPECT_EQ(tokenizer->encode_one(bases_from("NNA")).levels[0], (std::vector<int32_t>{0, 0, 5}));
}

TEST(HuggingFace, RefusesWhatItCannotFollow) {
  const auto message = [](const auto& edit) -> std::string {
    nlohmann::json json = small_file();
    edit(json);
    try {
      tokenizer_from_json(json.dump(), "t.json");
    } catch (const FormatError& error) {
      return error.what();
    }
    return "";
  };
  using Json = nlohmann::json;
  EXPECT_NE(message([](Json& j) { j["model"]["type"] = "WordPiece"; }).find("only BPE"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["model"].erase("merges"); }).find("not a BPE"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["model"]["merges"][0] = 5; }).find("merge 1"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["model"]["merges"][1] = "C C"; }).find("'CC'"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["model"]["vocab"]["A"] = 7; }).find("share id 7"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) { j["model"]["vocab"]["A"] = -7; }).find("the id of token 'A'"),
            std::string::npos);
  EXPECT_NE(message([](Json& j) {
              j["model"]["continuing_subword_prefix"] = "##";
            }).find("continuing_subword_prefix"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
