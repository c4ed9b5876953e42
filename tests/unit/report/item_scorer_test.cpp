// The fast scores of a bootstrap against the plain metrics, on resamples with ties and repeats.
#include "report/item_scorer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace lexome {
namespace {

// Probabilities on a coarse grid, so that many are equal.
Scored coarse(int classes, size_t items, uint64_t seed) {
  Random random(seed, Purpose::kTest);
  Scored scored;
  scored.classes = classes;
  for (size_t i = 0; i < items; ++i) {
    if (classes == 0) {
      scored.values.push_back(random.normal());
      scored.scores.push_back(scored.values.back() + random.normal());
      continue;
    }
    scored.labels.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(classes))));
    for (int c = 0; c < classes; ++c) {
      const double lean = scored.labels.back() == c ? 1 : 0;
      scored.scores.push_back((std::floor(4 * random.uniform()) + lean) / 5);
    }
  }
  return scored;
}

std::vector<int64_t> resample(size_t items, uint64_t seed) {
  Random random(seed, Purpose::kTest, 1);
  std::vector<int64_t> drawn(items);
  for (int64_t& item : drawn) item = static_cast<int64_t>(random.below(items));
  return drawn;
}

class ItemScorerTest : public testing::TestWithParam<int> {};

TEST_P(ItemScorerTest, EqualsTheMetricOfTheResample) {
  const int classes = GetParam();
  const Scored scored = coarse(classes, 60, 3);
  for (const std::string& metric : metric_names(classes == 0)) {
    const ItemScorer scorer(scored, metric);
    for (uint64_t r = 0; r < 20; ++r) {
      const std::vector<int64_t> items = resample(60, r);
      EXPECT_NEAR(scorer(items), metric_value(metric, scored.subset(items)), 1e-12)
          << metric << " of " << classes << " classes, resample " << r;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, ItemScorerTest, testing::Values(0, 2, 3));

TEST(ItemScorer, HasNoRankingOfOneClass) {
  Scored scored;
  scored.classes = 2;
  scored.labels = {0, 0, 1};
  scored.scores = {.6, .4, .5, .5, .2, .8};
  const std::vector<int64_t> negatives = {0, 1, 1}, positives = {2, 2};
  EXPECT_TRUE(std::isnan(ItemScorer(scored, "auroc")(negatives)));
  EXPECT_TRUE(std::isnan(ItemScorer(scored, "auroc")(positives)));
  EXPECT_TRUE(std::isnan(ItemScorer(scored, "auprc")(negatives)));
  EXPECT_EQ(ItemScorer(scored, "auprc")(positives), 1);
}

TEST(ItemScorer, KnowsWhatItCanDoInOnePass) {
  const Scored two = coarse(2, 10, 1), three = coarse(3, 10, 1);
  EXPECT_TRUE(ItemScorer(two, "auroc").fast());
  EXPECT_TRUE(ItemScorer(three, "mcc").fast());
  EXPECT_FALSE(ItemScorer(three, "auroc").fast());
}

}  // namespace
}  // namespace lexome
