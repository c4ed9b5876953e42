// Reading learned vocabularies: what comes out is what training left, and every kind of damage is
// refused in one line that names it.
#include "train/load_vocabulary.h"

#include <gtest/gtest.h>

#include "train/checkpoint.h"
#include "unit/models/base_batches.h"
#include "unit/train/support.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::random_bases;
using lexome_test::TemporaryFolder;

std::vector<Bases> rows_of(std::vector<int64_t> lengths) {
  std::vector<Bases> rows;
  for (const int64_t length : lengths)
    rows.push_back(random_bases(length, 7 + static_cast<uint64_t>(rows.size())));
  return rows;
}

// A vocabulary as a run leaves it, with codebooks from one batch.
CheckpointContents contents_of(const std::string& kind, const std::string& sizes) {
  CheckpointContents contents;
  contents.recipe = "vocab.name = \"" + kind + "\"\nvocab.stem = 16\nvocab.width = 32\n" +
                    "vocab.layer_scale = 0.3\nvocab.sizes = [" + sizes + "]\n";
  const VqdnaOptions options = vocabulary_options(Recipe::from_text(contents.recipe, "r"), kind);
  const FrozenVocabulary made(options, 3, rows_of({300, 300, 300}), torch::kCPU);
  contents.model = made.tensors();
  std::vector<LearnedLevel> levels;
  for (int level = 0; level < made.levels(); ++level)
    levels.push_back({made.codes_per_level(level), made.sees(level).left});
  contents.tokenizer = learned_json(kind, made.describe(), levels);
  return contents;
}

class LoadVocabulary : public ::testing::Test {
 protected:
  std::string saved(const CheckpointContents& contents) {
    save_checkpoint(folder_ / "codes", contents);
    return folder_ / "codes";
  }
  std::string refusal(const CheckpointContents& contents) {
    const std::string path = saved(contents);
    return message_of<Error>([&] { load_vocabulary(path, torch::kCPU); });
  }
  TemporaryFolder folder_;
};

TEST_F(LoadVocabulary, GivesCodesFeaturesAndBases) {
  for (const auto& [kind, sizes] :
       {std::pair{"vq", "24"}, {"hrq", "16,24"}, {"rvq", "16,24"}, {"fsq", "5,5,5"}}) {
    const std::string path = saved(contents_of(kind, sizes));
    const auto vocabulary = load_vocabulary(path, torch::kCPU).vocabulary;
    EXPECT_EQ(vocabulary->kind(), kind);
    EXPECT_EQ(vocabulary->levels(),
              std::string(sizes).size() == 5 && kind != std::string("fsq") ? 2 : 1);
    EXPECT_EQ(vocabulary->sees().left, 20);
    std::vector<Bases> rows = rows_of({70, 33, 0});
    rows[0][40] = kN;
    const Codes codes = vocabulary->encode(rows, false);
    ASSERT_EQ(static_cast<int>(codes.size()), vocabulary->levels());
    Tensor sum;
    for (int level = 0; level < vocabulary->levels(); ++level) {
      const Tensor& of_level = codes[static_cast<size_t>(level)];
      EXPECT_EQ(of_level.sizes(), (std::vector<int64_t>{3, 70}));
      EXPECT_LT(of_level.max().item<int64_t>(), vocabulary->codes_per_level(level));
      EXPECT_EQ(of_level.lt(0).sum().item<int64_t>(), 1 + 37 + 70);  // N, padding, the empty row
      EXPECT_TRUE(
          vocabulary->encode(std::span(rows).subspan(1, 1), false)[static_cast<size_t>(level)][0]
              .equal(of_level[1].slice(0, 0, 33)));
      const Tensor vectors = vocabulary->vectors(level, of_level);
      sum = level == 0 ? vectors : sum + vectors;
    }
    const Tensor features = vocabulary->features(codes);
    EXPECT_EQ(features.sizes(), (std::vector<int64_t>{3, 70, 32}));
    const double parts = kind == std::string("hrq") ? 2 : 1;
    EXPECT_LT((features - sum / parts).abs().max().item<double>(), 1e-6) << kind;
    EXPECT_EQ(features[1].slice(0, 33).abs().max().item<double>(), 0.0);
    EXPECT_EQ(vocabulary->decode(codes, {70, 33, 0}, false).sizes(), codes[0].sizes());
  }
}

TEST_F(LoadVocabulary, CarriesItsTensors) {
  const LoadedVocabulary loaded = load_vocabulary(saved(contents_of("hrq", "16,24")), torch::kCPU);
  const FrozenVocabulary again(loaded.options, loaded.vocabulary->tensors(), "memory", torch::kCPU);
  const std::vector<Bases> rows = rows_of({200});
  for (size_t level = 0; level < 2; ++level) {
    EXPECT_TRUE(
        again.encode(rows, false)[level].equal(loaded.vocabulary->encode(rows, false)[level]));
  }
}

TEST_F(LoadVocabulary, RefusesDamageInOneLine) {
  const CheckpointContents whole = contents_of("hrq", "16,24");
  CheckpointContents bad = whole;
  bad.model.erase("quantizer.level2.codes");
  EXPECT_NE(refusal(bad).find("'quantizer.level2.codes' of the vocabulary is missing"),
            std::string::npos);
  bad = whole;
  bad.model["quantizer.level1.codes"] = whole.model.at("quantizer.level1.codes").clone();
  bad.model["quantizer.level1.codes"][3][2] = std::nanf("");
  EXPECT_NE(refusal(bad).find("'quantizer.level1.codes' holds NaN"), std::string::npos);
  bad = whole;
  bad.model["quantizer.level1.ready"] = torch::zeros({1}, torch::kInt64);
  EXPECT_NE(refusal(bad).find("never filled"), std::string::npos);
  bad = whole;
  bad.tokenizer = learned_json("hrq", "about", {{16, 11}});
  EXPECT_NE(refusal(bad).find("names 1 levels, and its recipe means 2"), std::string::npos);
  bad.tokenizer = learned_json("hrq", "about", {{16, 11}, {25, 20}});
  EXPECT_NE(refusal(bad).find("level 2 has 25 codes, and its recipe means 24"), std::string::npos);
  bad = whole;
  bad.recipe += "vocab.taps = [2, 1]\n";
  EXPECT_NE(refusal(bad).find("vocab.taps"), std::string::npos);
  bad = whole;
  bad.tokenizer.replace(bad.tokenizer.find("ACGT"), 4, "ACDE");
  EXPECT_NE(refusal(bad).find("alphabet ACDE"), std::string::npos);
  EXPECT_NE(message_of<InputError>([&] {
              load_vocabulary(folder_ / "none", torch::kCPU);
            }).find("no such"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
