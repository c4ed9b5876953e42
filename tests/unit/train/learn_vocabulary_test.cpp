// Learning a vocabulary from FASTA to folder, on a genome small enough for seconds: what is left
// behind, that an interrupted run ends where the unbroken one does, and what is refused.
#include "train/learn_vocabulary.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/shipped.h"
#include "lexome/result_table.h"
#include "lexome/tokenizer.h"
#include "train/checkpoint.h"
#include "unit/models/base_batches.h"
#include "unit/train/support.h"
#include "vocab/registry.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using lexome_test::message_of;
using lexome_test::slurp;
using lexome_test::spill;
using lexome_test::TemporaryFolder;

constexpr char kTiny[] =
    "[vocab]\nstem=16\nwidth=32\nblocks=2\nlayer_scale=0.3\n[windows]\nlength=64\n[train]\n"
    "steps=12\nbatch=4\nlr=1e-3\nlog_every=2\neval_every=6\nsave_every=6\nkeep=9\nprecision="
    "\"fp32\"\n[evaluate]\nwindows=6\n";

class LearnVocabulary : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LEXOME_CACHE", (folder_ / "cache").c_str(), 1);
    spill(folder_ / "g.fa", ">one\n" + to_letters(lexome_test::random_bases(20000, 1)) +
                                "\n>two\n" + to_letters(lexome_test::random_bases(9000, 2)) + "\n");
  }
  void TearDown() override { unsetenv("LEXOME_CACHE"); }
  VocabularyRequest request(const std::string& kind, const std::string& out) {
    VocabularyRequest made;
    made.machine.threads = 1;
    made.machine.device = "cpu";
    made.kind = kind;
    made.recipe = Recipe::from_text(kTiny, "tiny.toml");
    if (kind == "vq") made.recipe.set("vocab.sizes", "24", "test");
    if (kind == "hrq" || kind == "rvq") made.recipe.set("vocab.sizes", "16,24", "test");
    made.recipe.set("windows.holdout", "two", "test");
    made.genomes = {folder_ / "g.fa"};
    made.out = folder_ / out;
    return made;
  }
  TemporaryFolder folder_;
};

TEST_F(LearnVocabulary, LeavesAVocabularyFolder) {
  for (const LearnedVocabulary& each : learned_vocabularies()) {
    const std::string kind = each.name, out = folder_ / kind;
    learn_vocabulary(request(kind, kind));
    const std::string log = slurp(out + "/log.tsv");
    for (const char* name : {"12\ttrain\tlevel1.usage\t", "12\tvalid\tlevel1.perplexity\t",
                             "12\tfinal\tlevel1.error\t", "6\tvalid\taccuracy\t"}) {
      EXPECT_NE(log.find(name), std::string::npos) << kind << ": " << name;
    }
    const ResultTable results = ResultTable::read(out + "/results.tsv");
    ASSERT_FALSE(results.rows.empty());
    for (const ResultRow& row : results.rows) {
      EXPECT_EQ(row.suite, "vocabulary");
      EXPECT_EQ(row.n, 6 * 64);
      if (row.metric == "usage") {
        EXPECT_GT(row.value, 5.0) << kind << " " << row.task;
      }
    }
    const CheckpointContents saved = read_checkpoint(resolve_checkpoint(out), true);
    EXPECT_EQ(saved.state.at("step"), 12);
    EXPECT_EQ(saved.model.count("quantizer.level1.codes"), kind == "fsq" ? 0U : 1U);
    EXPECT_EQ(saved.optimizer.count("first/quantizer.level1.codes"), 0U);
    EXPECT_NE(vocabulary_about(out + "/tokenizer.json").find("codes a base by " + kind),
              std::string::npos);
    EXPECT_NE(message_of<InputError>([&] { load_tokenizer(out); }).find("a network learned"),
              std::string::npos);
  }
}

TEST_F(LearnVocabulary, ResumesBitExactly) {
  learn_vocabulary(request("hrq", "unbroken"));
  // What a run killed after its first checkpoint leaves.
  fs::copy(folder_ / "unbroken", folder_ / "broken", fs::copy_options::recursive);
  fs::remove_all(folder_ / "broken/step-00000012");
  for (const char* marker : {"broken/last", "broken/best"})
    spill(folder_ / marker, "step-00000006\n");
  VocabularyRequest again = request("hrq", "broken");
  again.resume = true;
  learn_vocabulary(again);
  for (const char* file :
       {"step-00000012/model.safetensors", "step-00000012/optimizer.safetensors", "log.tsv"}) {
    EXPECT_EQ(slurp(folder_ / ("broken/" + std::string(file))),
              slurp(folder_ / ("unbroken/" + std::string(file))))
        << file;
  }
}

TEST_F(LearnVocabulary, RefusesBeforeAnyWork) {
  VocabularyRequest wrong = request("vq", "out");
  wrong.recipe.set("vocab.name", "hrq", "r.toml:2");
  EXPECT_NE(message_of<ConfigError>([&] { learn_vocabulary(wrong); }).find("r.toml:2"),
            std::string::npos);
  wrong = request("vq", "out");
  wrong.recipe.set("vocab.tapz", "3", "--set");
  EXPECT_NE(message_of<ConfigError>([&] { learn_vocabulary(wrong); }).find("vocab.taps"),
            std::string::npos);
  wrong = request("vq", "out");
  wrong.recipe.set("vocab.sizes", "16,24", "--set");
  EXPECT_NE(message_of<ConfigError>([&] { learn_vocabulary(wrong); }).find("vq has one"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST(LearnVocabularyRecipes, ShippedOnesAreWhole) {
  int found = 0;
  for (const std::string& name : shipped_names("recipes")) {
    if (name.rfind("vqdna-", 0) != 0) continue;
    const Recipe recipe = Recipe::from_file(shipped_file("recipes", name));
    if (recipe.find("vocab.name") == nullptr) continue;  // of models on codes
    ++found;
    const VocabularyConfig config(recipe.find("vocab.name")->value, recipe);
    const bool paper = name.ends_with("-paper");
    EXPECT_EQ(config.model.width, paper ? 384 : 128) << name;
    EXPECT_EQ(config.train.batch * config.train.accumulate, paper ? 1024 : 16) << name;
    if (name.find("64-512") != std::string::npos) {
      EXPECT_EQ(config.model.sizes, (std::vector<int64_t>{64, 512}));
    }
  }
  EXPECT_EQ(found, 12);
}

}  // namespace
}  // namespace lexome
