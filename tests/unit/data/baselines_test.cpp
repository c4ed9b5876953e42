// Every baseline of the table learns what it is for, chooses on dev alone, and gives one row of
// probabilities an item.
#include "data/baselines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "data/position_baseline.h"
#include "data/suite.h"
#include "folders.h"
#include "lexome/error.h"
#include "report/metrics.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

// In class 1 the word GATTACA stands at one place, in class 0 anywhere: k-mer counts are the same.
LabelledSet placed(size_t count, uint64_t seed, bool regression) {
  Random random(seed, Purpose::kTest);
  LabelledSet set;
  set.regression = regression;
  if (!regression) set.classes = {"no", "yes"};
  for (size_t r = 0; r < count; ++r) {
    std::string letters = test::random_letters(60, seed * 100000 + r);
    const auto label = static_cast<int32_t>(random.below(2));
    letters.replace(label == 1 ? 20 : random.below(53), 7, "GATTACA");
    LabelledRow row;
    row.bases = bases_from(letters);
    row.label = regression ? -1 : label;
    row.value = static_cast<float>(3 - 2 * label);
    set.rows.push_back(std::move(row));
  }
  return set;
}

Scored scored(const LabelledSet& set, const std::vector<std::vector<double>>& predicted) {
  Scored out;
  out.classes = static_cast<int>(set.classes.size());
  for (size_t r = 0; r < set.rows.size(); ++r) {
    out.scores.insert(out.scores.end(), predicted[r].begin(), predicted[r].end());
    if (set.regression) {
      out.values.push_back(static_cast<double>(set.rows[r].value));
    } else {
      out.labels.push_back(set.rows[r].label);
    }
  }
  return out;
}

FittedBaseline fit(const std::string& name, const LabelledSet& train, const LabelledSet& dev,
                   const LabelledSet& test, int threads = 1) {
  for (const Baseline& baseline : baselines()) {
    if (name == baseline.name) return baseline.fit(train, dev, test, 1, threads);
  }
  throw InternalError("no baseline " + name);
}

TEST(Baselines, GiveProbabilitiesForEveryItem) {
  const LabelledSet train = placed(200, 1, false), dev = placed(60, 2, false);
  const LabelledSet test = placed(50, 3, false);
  for (const Baseline& baseline : baselines()) {
    const FittedBaseline fitted = baseline.fit(train, dev, test, 1, 1);
    ASSERT_EQ(fitted.dev.size(), 60u) << baseline.name;
    ASSERT_EQ(fitted.test.size(), 50u) << baseline.name;
    EXPECT_GT(fitted.parameters, 0) << baseline.name;
    EXPECT_GT(fitted.trials, 0) << baseline.name;
    EXPECT_GT(fitted.flops, 0) << baseline.name;
    EXPECT_FALSE(fitted.settings.empty()) << baseline.name;
    for (const std::vector<double>& row : fitted.test) {
      ASSERT_EQ(row.size(), 2u) << baseline.name;
      EXPECT_NEAR(row[0] + row[1], 1, 1e-12) << baseline.name;
    }
    const FittedBaseline again = baseline.fit(train, dev, test, 9, 3);
    EXPECT_EQ(again.test, fitted.test) << baseline.name << ": seed or threads matter";
    LabelledSet relabelled = test;
    for (LabelledRow& row : relabelled.rows) row.label = 1 - row.label;
    EXPECT_EQ(baseline.fit(train, dev, relabelled, 1, 1).test, fitted.test) << baseline.name;
  }
}

TEST(Baselines, PositionsTellWhatCountsCannot) {
  const LabelledSet train = placed(1200, 1, false), dev = placed(300, 2, false);
  const LabelledSet test = placed(500, 3, false);
  const auto mcc = [&](const std::string& name) {
    return metric_value("mcc", scored(test, fit(name, train, dev, test).test));
  };
  EXPECT_GT(mcc("kmer-position"), 0.8);
  EXPECT_LT(mcc("kmer-lr"), 0.3);
  EXPECT_EQ(mcc("majority"), 0);
}

TEST(Baselines, PredictValuesInTheirUnit) {
  const LabelledSet train = placed(1200, 1, true), dev = placed(300, 2, true);
  const LabelledSet test = placed(300, 3, true);
  const FittedBaseline mean = fit("majority", train, dev, test);
  EXPECT_NEAR(mean.test[0][0], 2, 0.1);
  const double spread = metric_value("mse", scored(test, mean.test));
  const FittedBaseline fitted = fit("kmer-position", train, dev, test);
  EXPECT_LT(metric_value("mse", scored(test, fitted.test)), 0.5 * spread);
}

std::vector<LabelledRow> rows_of(const std::vector<std::string>& letters) {
  std::vector<LabelledRow> rows;
  for (const std::string& text : letters) {
    LabelledRow row;
    row.bases = bases_from(text);
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(PositionBins, AlignSequencesByTheirMiddle) {
  const std::vector<LabelledRow> rows = rows_of({"AACGTT", "CG"});
  const PositionBins bins = PositionBins::of(rows, 1, 1);
  EXPECT_EQ(bins.first, -3);
  EXPECT_EQ(bins.bins, 6);
  const SparseRows features = bins.features(rows);
  ASSERT_EQ(features.begin, (std::vector<size_t>{0, 6, 8}));
  // C and G stand left and right of the middle in both.
  EXPECT_EQ(features.column[2], features.column[6]);
  EXPECT_EQ(features.column[3], features.column[7]);
  EXPECT_NEAR(features.value[0], 1 / std::sqrt(6.0), 1e-15);
  EXPECT_NEAR(features.value[6], 1 / std::sqrt(2.0), 1e-15);
}

TEST(PositionBins, CountWithinBinsAndLeaveOutUnknownBases) {
  const std::vector<LabelledRow> rows = rows_of({"AAAANCCC"});
  const PositionBins bins = PositionBins::of(rows, 2, 4);
  EXPECT_EQ(bins.bins, 2);
  const SparseRows features = bins.features(rows);
  // AA three times in the left bin, CC twice in the right one.
  EXPECT_EQ(features.column, (std::vector<uint32_t>{0, 16 + 5}));
  EXPECT_NEAR(features.value[0] / features.value[1], 1.5, 1e-15);
}

TEST(PositionBins, LongSequencesEndInTheOutermostBins) {
  const std::vector<LabelledRow> rows = rows_of({test::random_letters(5000, 1), "ACG", "A"});
  const PositionBins bins = PositionBins::of(rows, 3, 1);
  EXPECT_EQ(bins.bins, 1025);
  const SparseRows features = bins.features(rows);
  EXPECT_EQ(features.begin[3] - features.begin[2], 0u);  // too short for a 3-mer
  // What was not seen in training is left out, not misplaced.
  const PositionBins few = PositionBins::of(rows_of({"ACG"}), 3, 1);
  EXPECT_LE(few.features(rows).begin[1], 1u);
}

TEST(Baselines, ReachWhatIsKnownOfCorePromoters) {
  const std::string data = lexome_test::data_folder();
  if (!std::filesystem::exists(data + "/gue/prom/prom_core_tata/train.csv")) {
    GTEST_SKIP() << "no data sets in '" << data << "'; set LEXOME_DATA";
  }
  SuiteTask task;
  task.name = "prom_core_tata";
  task.train = data + "/gue/prom/prom_core_tata/train.csv";
  task.test = data + "/gue/prom/prom_core_tata/dev.csv";
  const TaskData rows = read_task(task, 1);
  const FittedBaseline fitted = fit("kmer-position", rows.train, rows.dev, rows.test, 2);
  EXPECT_GT(metric_value("mcc", scored(rows.test, fitted.test)), 0.72);
}

}  // namespace
}  // namespace lexome
