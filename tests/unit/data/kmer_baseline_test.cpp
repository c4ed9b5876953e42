// The baseline learns what k-mers can tell, chooses k on dev, and is the same on every run.
#include "data/kmer_baseline.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

// Class 1 carries a planted word in half-random sequence; regression values count it.
LabelledSet made_set(size_t count, uint64_t seed, bool regression) {
  Random random(seed, Purpose::kTest);
  LabelledSet set;
  set.regression = regression;
  if (!regression) set.classes = {"0", "1"};
  for (size_t r = 0; r < count; ++r) {
    std::string letters = test::random_letters(60, seed * 100000 + r);
    const auto copies = static_cast<int>(random.below(regression ? 4 : 2));
    for (int c = 0; c < copies; ++c) {
      letters.replace(static_cast<size_t>(c) * 15 + random.below(8), 6, "TATAAA");
    }
    LabelledRow row;
    row.bases = bases_from(letters);
    row.label = regression ? -1 : copies;
    row.value = static_cast<float>(10 + 5 * copies);
    set.rows.push_back(std::move(row));
  }
  return set;
}

TEST(KmerBaseline, FindsAPlantedWord) {
  const LabelledSet train = made_set(700, 1, false), dev = made_set(200, 2, false);
  const LabelledSet test = made_set(500, 3, false);
  const KmerBaseline baseline = fit_kmer_baseline(train, dev, 1);
  EXPECT_GE(baseline.k, 5);
  const auto p = baseline.predict(test);
  double right = 0;
  for (size_t r = 0; r < p.size(); ++r) {
    EXPECT_NEAR(p[r][0] + p[r][1], 1.0, 1e-12);
    right += (p[r][1] > 0.5) == (test.rows[r].label == 1);
  }
  EXPECT_GT(right / 500, 0.9);
  const KmerBaseline again = fit_kmer_baseline(train, dev, 3);
  EXPECT_EQ(again.k, baseline.k);
  EXPECT_EQ(again.c, baseline.c);
  EXPECT_EQ(again.model.weights, baseline.model.weights);
}

TEST(KmerBaseline, StrandsAreOneWhereTheyMeanTheSame) {
  LabelledSet train = made_set(400, 1, false), dev = made_set(300, 2, false);
  for (size_t r = 0; r < train.rows.size(); r += 2) {
    train.rows[r].bases = reverse_complement(train.rows[r].bases);
  }
  LabelledSet mirrored = dev;
  for (LabelledRow& row : mirrored.rows) row.bases = reverse_complement(row.bases);
  const KmerBaseline baseline = fit_kmer_baseline(train, dev, 1);
  EXPECT_TRUE(baseline.canonical);
  EXPECT_EQ(baseline.predict(dev), baseline.predict(mirrored));
}

TEST(KmerBaseline, RegressionPredictsInTheUnitOfTheValues) {
  const LabelledSet train = made_set(700, 1, true), dev = made_set(200, 2, true);
  const LabelledSet test = made_set(300, 3, true);
  const KmerBaseline baseline = fit_kmer_baseline(train, dev, 1);
  const auto predicted = baseline.predict(test);
  double error = 0, spread = 0;
  for (size_t r = 0; r < predicted.size(); ++r) {
    const auto value = static_cast<double>(test.rows[r].value);
    error += (predicted[r][0] - value) * (predicted[r][0] - value);
    spread += (17.5 - value) * (17.5 - value);
  }
  EXPECT_LT(error, 0.35 * spread);
  LabelledSet flat = train;
  for (LabelledRow& row : flat.rows) row.value = 1;
  EXPECT_THROW(fit_kmer_baseline(flat, dev, 1), InputError);
}

}  // namespace
}  // namespace lexome
