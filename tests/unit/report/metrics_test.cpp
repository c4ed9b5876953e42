// Metrics against hand-worked numbers (always) and against scikit-learn and SciPy (where
// installed).
#include "report/metrics.h"

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

using Ints = std::vector<int32_t>;
using Doubles = std::vector<double>;
using Bytes = std::vector<uint8_t>;

TEST(Metrics, BinaryByHand) {
  // tp 3, fn 1, fp 2, tn 4.
  const Ints truth = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
  const Ints guess = {1, 1, 1, 0, 1, 1, 0, 0, 0, 0};
  const Confusion confusion = confusion_matrix(truth, guess, 2);
  EXPECT_EQ(confusion.at(1, 1), 3);
  EXPECT_EQ(confusion.at(1, 0), 1);
  EXPECT_EQ(confusion.at(0, 1), 2);
  EXPECT_EQ(confusion.at(0, 0), 4);
  EXPECT_DOUBLE_EQ(accuracy(confusion), 0.7);
  EXPECT_NEAR(matthews(confusion), (3.0 * 4 - 2.0 * 1) / std::sqrt(5.0 * 4 * 6 * 5), 1e-15);
  EXPECT_NEAR(macro_f1(confusion), 0.5 * (6.0 / 9 + 8.0 / 11), 1e-15);
}

TEST(Metrics, PerfectAndInverted) {
  const Ints truth = {0, 1, 2, 0, 1, 2};
  EXPECT_DOUBLE_EQ(matthews(confusion_matrix(truth, truth, 3)), 1.0);
  EXPECT_DOUBLE_EQ(macro_f1(confusion_matrix(truth, truth, 3)), 1.0);
  const Ints binary = {0, 1, 1, 0}, inverse = {1, 0, 0, 1};
  EXPECT_DOUBLE_EQ(matthews(confusion_matrix(binary, inverse, 2)), -1.0);
}

TEST(Metrics, RankingByHand) {
  const Doubles scores = {0.1, 0.4, 0.35, 0.8};
  const Bytes positive = {0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(auroc(scores, positive), 0.75);
  EXPECT_NEAR(average_precision(scores, positive), 0.5 * 1.0 + 0.5 * (2.0 / 3), 1e-15);
  // All scores tied: chance level for the one, the positive share for the other.
  EXPECT_DOUBLE_EQ(auroc(Doubles{1, 1, 1, 1}, positive), 0.5);
  EXPECT_DOUBLE_EQ(average_precision(Doubles{1, 1, 1, 1}, positive), 0.5);
}

TEST(Metrics, CorrelationByHand) {
  const Doubles x = {1, 2, 3, 4}, y = {2, 4, 6, 8}, squares = {1, 4, 9, 16};
  EXPECT_DOUBLE_EQ(pearson(x, y), 1.0);
  EXPECT_DOUBLE_EQ(spearman(x, squares), 1.0);
  EXPECT_LT(pearson(x, squares), 1.0);
  EXPECT_EQ(mean_ranks(Doubles{3, 1, 3, 2}), (Doubles{3.5, 1, 3.5, 2}));
  EXPECT_DOUBLE_EQ(mean_squared_error(x, y), 7.5);
}

TEST(Metrics, DegenerateCasesAreDocumentedValues) {
  const Ints one = {1, 1, 1}, mixed = {1, 0, 1};
  EXPECT_DOUBLE_EQ(matthews(confusion_matrix(one, mixed, 2)), 0.0);
  EXPECT_DOUBLE_EQ(matthews(confusion_matrix(mixed, one, 2)), 0.0);
  EXPECT_DOUBLE_EQ(macro_f1(confusion_matrix(one, one, 4)), 1.0);  // absent classes do not count
  EXPECT_TRUE(std::isnan(accuracy(confusion_matrix({}, {}, 2))));
  EXPECT_TRUE(std::isnan(auroc(Doubles{1, 2}, Bytes{1, 1})));
  EXPECT_TRUE(std::isnan(average_precision(Doubles{1, 2}, Bytes{0, 0})));
  EXPECT_DOUBLE_EQ(average_precision(Doubles{1, 2}, Bytes{1, 1}), 1.0);
  EXPECT_TRUE(std::isnan(pearson(Doubles{1, 1, 1}, Doubles{1, 2, 3})));
  EXPECT_TRUE(std::isnan(pearson(Doubles{0.1, 0.1, 0.1}, Doubles{1, 2, 3})));
  EXPECT_TRUE(std::isnan(spearman(Doubles{1}, Doubles{1})));
  EXPECT_THROW(confusion_matrix(Ints{2}, Ints{0}, 2), InternalError);
}

TEST(Metrics, MatthewsDoesNotOverflow) {
  Confusion confusion;
  confusion.classes = 2;
  const int64_t huge = int64_t{1} << 40;
  confusion.counts = {huge, huge / 2, huge / 2, huge};
  EXPECT_NEAR(matthews(confusion), 1.0 / 3, 1e-12);
}

TEST(Metrics, NamesAndSubsets) {
  Scored scored;
  scored.classes = 2;
  scored.labels = {0, 1, 1};
  scored.scores = {0.9, 0.1, 0.2, 0.8, 0.6, 0.4};
  for (const std::string& name : metric_names(false)) {
    EXPECT_FALSE(std::isnan(metric_value(name, scored))) << name;
  }
  EXPECT_THROW(metric_value("pearson", scored), ConfigError);
  const std::vector<int64_t> items = {1, 1, 0};
  const Scored part = scored.subset(items);
  EXPECT_EQ(part.labels, (Ints{1, 1, 0}));
  EXPECT_DOUBLE_EQ(metric_value("accuracy", part), 1.0);
}

// Random tables with ties and unequal classes; every number is compared with the oracle's.
TEST(Metrics, AgreesWithScikitLearn) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("lexome_metrics_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  nlohmann::json cases = nlohmann::json::array();
  std::vector<Scored> ours;
  for (int which = 0; which < 24; ++which) {
    Random random(7, Purpose::kTest, which);
    Scored scored;
    scored.classes = which % 4 == 3 ? 0 : 2 + which % 4;
    const int items = 20 + 37 * which;
    for (int i = 0; i < items; ++i) {
      if (scored.classes == 0) {
        scored.values.push_back(std::round(random.normal() * 4) / 4);
        scored.scores.push_back(scored.values.back() + std::round(random.normal() * 2) / 2);
        continue;
      }
      // Every class occurs; the first one is the most frequent.
      const int label = i < scored.classes ? i : static_cast<int>(random.below(scored.classes + 2));
      scored.labels.push_back(label < scored.classes ? label : 0);
      Doubles row;
      double sum = 0;
      for (int c = 0; c < scored.classes; ++c) {
        row.push_back(1 + static_cast<double>(random.below(12)) + (c == scored.labels[i] ? 3 : 0));
        sum += row.back();
      }
      for (const double value : row) scored.scores.push_back(value / sum);
    }
    cases.push_back({{"classes", scored.classes},
                     {"scores", scored.scores},
                     {"labels", scored.labels},
                     {"values", scored.values}});
    ours.push_back(std::move(scored));
  }
  std::ofstream(folder / "cases.json") << cases.dump();
  const char* script = R"(
import json, sys
import numpy as np
from scipy import stats
from sklearn import metrics as m
answers = []
for case in json.load(open(sys.argv[1])):
    classes, scores = case["classes"], np.array(case["scores"])
    if classes == 0:
        truth = np.array(case["values"])
        answers.append({"pearson": stats.pearsonr(scores, truth)[0], "spearman": stats.spearmanr(scores, truth)[0],
                        "mse": m.mean_squared_error(truth, scores)})
        continue
    truth, scores = np.array(case["labels"]), scores.reshape(-1, classes)
    guess = scores.argmax(1)
    answer = {"mcc": m.matthews_corrcoef(truth, guess), "macro_f1": m.f1_score(truth, guess, average="macro"),
              "accuracy": m.accuracy_score(truth, guess)}
    if classes == 2:
        answer["auroc"] = m.roc_auc_score(truth, scores[:, 1])
        answer["auprc"] = m.average_precision_score(truth, scores[:, 1])
    else:
        answer["auroc"] = m.roc_auc_score(truth, scores, multi_class="ovr", average="macro")
        hot = np.eye(classes)[truth]
        answer["auprc"] = m.average_precision_score(hot, scores, average="macro")
    answers.append(answer)
print(json.dumps(answers))
)";
  const auto answer = testing::ask_python("sklearn, scipy", script, folder,
                                          "'" + (folder / "cases.json").string() + "'");
  std::filesystem::remove_all(folder);
  if (!answer.available) GTEST_SKIP() << answer.reason;
  const auto expected = nlohmann::json::parse(answer.text);
  ASSERT_EQ(expected.size(), ours.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    for (const std::string& name : metric_names(ours[i].classes == 0)) {
      EXPECT_NEAR(metric_value(name, ours[i]), expected[i].at(name).get<double>(), 1e-12)
          << name << " of case " << i;
    }
  }
}

}  // namespace
}  // namespace lexome
