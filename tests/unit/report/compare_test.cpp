// Comparisons read what runs left behind: predictions come back as written, pairs are found, seeds
// are paired, and the verdict says so when an interval includes 0.
#include "report/compare.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "base/random.h"
#include "lexome/error.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

class CompareTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("lexome_compare_" + std::to_string(getpid()));
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  // A run that is right with chance `skill`; items are equally hard for models of one `noise`.
  Predictions run(const std::string& model, const std::string& role, int64_t seed, double skill,
                  uint64_t noise) const {
    Predictions made;
    made.task = "prom";
    made.model = model;
    made.role = role;
    made.data_hash = "abc";
    made.finetune_seed = seed;
    made.classes = {"no", "yes"};
    made.scored.classes = 2;
    Random random(noise, Purpose::kTest, 5);
    for (int i = 0; i < 200; ++i) {
      const int label = i % 2;
      const bool right = random.chance(skill);
      const double positive = (label == 1) == right ? 0.9 : 0.1;
      made.names.push_back("row" + std::to_string(i + 1));
      made.scored.labels.push_back(label);
      made.scored.scores.push_back(1 - positive);
      made.scored.scores.push_back(positive);
    }
    return made;
  }
  std::string put(const std::string& folder, const std::string& file,
                  const Predictions& made) const {
    fs::create_directories(root_ / folder);
    write_predictions(made, "lexome finetune", (root_ / folder / file).string());
    return (root_ / folder).string();
  }
  fs::path root_;
};

TEST_F(CompareTest, PredictionsComeBack) {
  const Predictions made = run("dnabert", kRolePretrained, 3, 0.8, 1);
  const std::string folder = put("a", "test_predictions.tsv", made);
  const Predictions back = read_predictions(folder + "/test_predictions.tsv");
  EXPECT_EQ(back.task, "prom");
  EXPECT_EQ(back.model, "dnabert");
  EXPECT_EQ(back.role, kRolePretrained);
  EXPECT_EQ(back.data_hash, "abc");
  EXPECT_EQ(back.finetune_seed, 3);
  EXPECT_EQ(back.pretrain_seed, -1);
  EXPECT_EQ(back.names, made.names);
  EXPECT_EQ(back.classes, made.classes);
  EXPECT_EQ(back.scored.scores, made.scored.scores);
  EXPECT_EQ(back.scored.labels, made.scored.labels);
}

TEST_F(CompareTest, RegressionComesBack) {
  Predictions made;
  made.task = "expression";
  made.names = {"a", "b"};
  made.scored.values = {0.1, -2.5};
  made.scored.scores = {1.0 / 3, 7};
  const Predictions back =
      read_predictions(put("r", "test_predictions.tsv", made) + "/test_predictions.tsv");
  EXPECT_EQ(back.scored.classes, 0);
  EXPECT_EQ(back.scored.values, made.scored.values);
  EXPECT_EQ(back.scored.scores, made.scored.scores);
}

TEST_F(CompareTest, PairsSeedsAndSaysWhenZeroIsIncluded) {
  std::vector<std::string> folders;
  for (const int64_t seed : {1, 2, 3}) {
    const std::string number = std::to_string(seed);
    put("p" + number, "test_predictions.tsv",
        run("dnabert", kRolePretrained, seed, 0.9, 10 + seed));
    folders.push_back(put("p" + number, "test_predictions.kmer-lr.tsv",
                          run("kmer-lr", kRoleBaseline, seed, 0.9, 30)));
    folders.push_back(put("s" + number, "test_predictions.tsv",
                          run("dnabert-scratch", kRoleScratch, seed, 0.6, 20 + seed)));
    // The same baseline again, as scratch runs hold it too.
    put("s" + number, "test_predictions.kmer-lr.tsv", run("kmer-lr", kRoleBaseline, seed, 0.9, 30));
  }
  CompareOptions options;
  options.bootstrap.replicates = 400;
  const auto rows = compare_runs(folders, options);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].model_b, "dnabert-scratch");
  EXPECT_EQ(rows[0].metric, "mcc");
  EXPECT_TRUE(rows[0].paired);
  EXPECT_EQ(rows[0].runs_a, 3);
  EXPECT_NEAR(rows[0].mean_a - rows[0].mean_b, rows[0].difference.value, 1e-12);
  EXPECT_GT(rows[0].difference.low, 0);
  EXPECT_EQ(rows[0].words(), "dnabert is better");
  EXPECT_EQ(rows[1].model_b, "kmer-lr");
  EXPECT_TRUE(rows[1].difference.includes_zero());
  EXPECT_EQ(rows[1].words(), "interval includes 0");
  EXPECT_EQ(rows[2].model_a, "dnabert-scratch");
  EXPECT_EQ(rows[2].words(), "kmer-lr is better");
  EXPECT_NE(comparison_markdown(rows).find("interval includes 0"), std::string::npos);
  EXPECT_NE(comparison_tsv(rows).find("\tdnabert is better\n"), std::string::npos);
}

TEST_F(CompareTest, RefusesWhatCannotBeCompared) {
  const std::string one =
      put("one", "test_predictions.tsv", run("dnabert", kRolePretrained, 1, 0.9, 1));
  const std::string same =
      put("same", "test_predictions.tsv", run("dnabert", kRolePretrained, 1, 0.8, 2));
  EXPECT_THROW(compare_runs({one, same}, {}), InputError);
  Predictions other_file = run("dnabert-scratch", kRoleScratch, 1, 0.8, 2);
  other_file.data_hash = "def";
  EXPECT_THROW(compare_runs({one, put("other", "test_predictions.tsv", other_file)}, {}),
               InputError);
  fs::create_directories(root_ / "empty");
  EXPECT_THROW(compare_runs({(root_ / "empty").string()}, {}), InputError);
  EXPECT_THROW(compare_runs({(root_ / "missing").string()}, {}), InputError);
}

}  // namespace
}  // namespace lexome
