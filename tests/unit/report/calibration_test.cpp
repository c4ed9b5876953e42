// Reliability and calibration error by hand, and against scikit-learn.
#include "report/calibration.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "lexome/error.h"
#include "python_oracle.h"

namespace lexome {
namespace {

Scored binary(const std::vector<double>& predicted, const std::vector<int32_t>& labels) {
  Scored scored;
  scored.classes = 2;
  scored.labels = labels;
  for (const double p : predicted) {
    scored.scores.push_back(1 - p);
    scored.scores.push_back(p);
  }
  return scored;
}

TEST(Calibration, ByHand) {
  const Scored scored = binary({0.1, 0.3, 0.8, 0.9}, {0, 1, 1, 1});
  const Calibration two = calibration(scored, 2, Binning::kEqualWidth);
  ASSERT_EQ(two.points.size(), 2u);
  EXPECT_DOUBLE_EQ(two.points[0].predicted, 0.2);
  EXPECT_DOUBLE_EQ(two.points[0].observed, 0.5);
  EXPECT_NEAR(two.points[1].predicted, 0.85, 1e-15);
  EXPECT_DOUBLE_EQ(two.points[1].observed, 1);
  EXPECT_EQ(two.points[1].n, 2);
  EXPECT_NEAR(two.ece, 0.5 * 0.3 + 0.5 * 0.15, 1e-15);
  EXPECT_NEAR(two.brier, (0.01 + 0.49 + 0.04 + 0.01) / 4, 1e-15);
  // Empty bins are left out; equal mass has none.
  EXPECT_EQ(calibration(scored, 10, Binning::kEqualWidth).points.size(), 4u);
  EXPECT_EQ(calibration(scored, 4, Binning::kEqualMass).points.size(), 4u);
}

TEST(Calibration, OfSeveralClassesIsOfTheMostProbableOne) {
  Scored scored;
  scored.classes = 3;
  scored.labels = {0, 2};
  scored.scores = {0.7, 0.2, 0.1, 0.5, 0.2, 0.3};
  const Calibration one = calibration(scored, 1);
  EXPECT_NEAR(one.points[0].predicted, 0.6, 1e-15);
  EXPECT_DOUBLE_EQ(one.points[0].observed, 0.5);
}

TEST(Calibration, HonestProbabilitiesHaveASmallErrorAndBoldOnesALargeOne) {
  Random random(1, Purpose::kTest);
  std::vector<double> honest, bold;
  std::vector<int32_t> labels;
  for (int i = 0; i < 20000; ++i) {
    const double p = random.uniform();
    honest.push_back(p);
    bold.push_back(p > 0.5 ? 0.99 : 0.01);
    labels.push_back(random.chance(p) ? 1 : 0);
  }
  EXPECT_LT(calibration(binary(honest, labels)).ece, 0.02);
  EXPECT_NEAR(calibration(binary(bold, labels), 10, Binning::kEqualWidth).ece, 0.24, 0.02);
}

TEST(Calibration, HasNoMeaningWithoutClassesOrItems) {
  EXPECT_TRUE(std::isnan(calibration(binary({}, {})).ece));
  Scored values;
  values.scores = values.values = {1, 2};
  EXPECT_TRUE(std::isnan(calibration(values).ece));
  EXPECT_THROW(calibration(binary({0.5}, {1}), 0), ConfigError);
}

TEST(Calibration, AgreesWithScikitLearn) {
  Random random(2, Purpose::kTest);
  std::vector<double> predicted;
  std::vector<int32_t> labels;
  for (int i = 0; i < 997; ++i) {
    const double p = random.uniform();
    predicted.push_back(p * p);
    labels.push_back(random.chance(0.2 + 0.5 * p) ? 1 : 0);
  }
  const auto folder = std::filesystem::temp_directory_path() /
                      ("lexome_calibration_oracle_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "cases.json")
      << nlohmann::json{{"predicted", predicted}, {"labels", labels}};
  const char* script = R"(
import json, sys
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
q = json.load(open(sys.argv[1]))
out = {"brier": float(brier_score_loss(q["labels"], q["predicted"]))}
for strategy in ("uniform", "quantile"):
    observed, predicted = calibration_curve(q["labels"], q["predicted"], n_bins=10, strategy=strategy)
    out[strategy] = {"observed": list(observed), "predicted": list(predicted)}
print(json.dumps(out))
)";
  const auto answer =
      testing::ask_python("sklearn", script, folder, "'" + (folder / "cases.json").string() + "'");
  std::filesystem::remove_all(folder);
  if (!answer.available) GTEST_SKIP() << answer.reason;
  const auto expected = nlohmann::json::parse(answer.text);
  const std::pair<const char*, Binning> strategies[] = {{"uniform", Binning::kEqualWidth},
                                                        {"quantile", Binning::kEqualMass}};
  for (const auto& [name, binning] : strategies) {
    const Calibration ours = calibration(binary(predicted, labels), 10, binning);
    EXPECT_NEAR(ours.brier, expected["brier"].get<double>(), 1e-12);
    ASSERT_EQ(ours.points.size(), expected[name]["observed"].size()) << name;
    for (size_t b = 0; b < ours.points.size(); ++b) {
      EXPECT_NEAR(ours.points[b].observed, expected[name]["observed"][b].get<double>(), 1e-12);
      EXPECT_NEAR(ours.points[b].predicted, expected[name]["predicted"][b].get<double>(), 1e-12);
    }
  }
}

}  // namespace
}  // namespace lexome
