// Linear models: gradients against finite differences, optima that can be written down, and
// scikit-learn where it is installed.
#include "data/logistic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "base/random.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

struct Problem {
  SparseRows rows;
  std::vector<int32_t> labels;
  std::vector<double> values, targets;
};

Problem made_problem(size_t count, size_t columns, int classes, uint64_t seed) {
  Random random(seed, Purpose::kTest);
  Problem problem;
  problem.rows.columns = columns;
  for (size_t r = 0; r < count; ++r) {
    double score = 0;
    for (size_t c = 0; c < columns; ++c) {
      if (!random.chance(0.4)) continue;
      problem.rows.column.push_back(static_cast<uint32_t>(c));
      problem.rows.value.push_back(random.uniform());
      score += problem.rows.value.back() * (c % 2 == 0 ? 1.0 : -1.0);
    }
    problem.rows.begin.push_back(problem.rows.column.size());
    const double noisy = score + random.normal();
    problem.values.push_back(noisy);
    problem.labels.push_back(noisy < -0.5 ? 0 : noisy < 0.5 || classes == 2 ? 1 : 2);
  }
  problem.targets.assign(problem.labels.begin(), problem.labels.end());
  return problem;
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

TEST(Linear, GradientsAreFiniteDifferences) {
  for (const int kind : {0, 2, 3}) {  // squared, two classes, three classes
    const Problem problem = made_problem(40, 6, kind, 1);
    LinearModel model;
    model.loss = kind == 0 ? LinearLoss::kSquared : LinearLoss::kLogistic;
    model.outputs = kind == 3 ? 3 : 1;
    model.features = 6;
    Random random(5, Purpose::kTest);
    for (size_t i = 0; i < 6 * model.outputs; ++i) model.weights.push_back(random.normal());
    for (size_t i = 0; i < model.outputs; ++i) model.intercepts.push_back(random.normal());
    const std::vector<double>& targets = kind == 0 ? problem.values : problem.targets;
    std::vector<double> gradient, unused;
    linear_objective(model, problem.rows, targets, 0.7, 1, &gradient);
    for (size_t i = 0; i < gradient.size(); ++i) {
      double* slot = i < model.weights.size() ? &model.weights[i]
                                              : &model.intercepts[i - model.weights.size()];
      constexpr double kStep = 1e-5;
      const double at = *slot;
      *slot = at + kStep;
      const double above = linear_objective(model, problem.rows, targets, 0.7, 1, &unused);
      *slot = at - kStep;
      const double below = linear_objective(model, problem.rows, targets, 0.7, 1, &unused);
      *slot = at;
      EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-6) << kind << " " << i;
    }
  }
}

TEST(Linear, TheGradientVanishesAtTheFit) {
  for (const int classes : {2, 3}) {
    const Problem problem = made_problem(300, 20, classes, 2);
    LinearFit fit;
    fit.c = 2.0;
    fit.tolerance = 1e-9;
    const LinearModel model = fit_logistic(problem.rows, problem.labels, classes, fit);
    std::vector<double> gradient;
    linear_objective(model, problem.rows, problem.targets, 2.0, 1, &gradient);
    EXPECT_LT(largest(gradient), 1e-7) << classes;
    fit.threads = 3;
    const LinearModel again = fit_logistic(problem.rows, problem.labels, classes, fit);
    EXPECT_EQ(model.weights, again.weights);
  }
}

TEST(Linear, WithoutFeaturesInterceptsAreClassFrequencies) {
  SparseRows rows;
  rows.columns = 4;
  rows.begin.assign(11, 0);
  LinearFit fit;
  fit.tolerance = 1e-10;
  const LinearModel two = fit_logistic(rows, {0, 0, 0, 0, 0, 0, 0, 1, 1, 1}, 2, fit);
  EXPECT_NEAR(two.intercepts[0], std::log(3.0 / 7.0), 1e-8);
  const LinearModel three = fit_logistic(rows, {0, 0, 0, 0, 0, 1, 1, 1, 2, 2}, 3, fit);
  const std::vector<double> p = three.predict(rows)[0];
  EXPECT_NEAR(p[0], 0.5, 1e-8);
  EXPECT_NEAR(p[1], 0.3, 1e-8);
  EXPECT_NEAR(p[2], 0.2, 1e-8);
}

TEST(Linear, RidgeSolvesItsNormalEquations) {
  // One feature: x = 0, 1, 2, 3 and y = 1, 2, 2, 5. With the intercept free, the slope is
  // Sxy / (Sxx + 1 / C) on centred data: Sxx = 5, Sxy = 6, C = 2.
  SparseRows rows;
  rows.columns = 1;
  rows.column = {0, 0, 0};
  rows.value = {1, 2, 3};
  rows.begin = {0, 0, 1, 2, 3};
  LinearFit fit;
  fit.c = 2.0;
  fit.tolerance = 1e-10;
  const LinearModel model = fit_ridge(rows, {1, 2, 2, 5}, fit);
  const double slope = 6.0 / 5.5;
  EXPECT_NEAR(model.weights[0], slope, 1e-8);
  EXPECT_NEAR(model.intercepts[0], 2.5 - slope * 1.5, 1e-8);
}

TEST(Lbfgs, FindsTheMinimumOfRosenbrocksValley) {
  std::vector<double> x = {-1.2, 1.0};
  const auto valley = [](const std::vector<double>& at, std::vector<double>* gradient) {
    const double a = 1 - at[0], b = at[1] - at[0] * at[0];
    *gradient = {-2 * a - 400 * at[0] * b, 200 * b};
    return a * a + 100 * b * b;
  };
  const int steps = minimise_lbfgs(valley, 1e-8, 0, 200, &x);
  EXPECT_NEAR(x[0], 1.0, 1e-6);
  EXPECT_NEAR(x[1], 1.0, 1e-6);
  EXPECT_LT(steps, 60);
}

TEST(KmerFeatures, AreCountsOfUnitLength) {
  LabelledRow row, both;
  row.bases = bases_from("AACAANAA");  // AA AC CA AA, then AA again
  const SparseRows plain = kmer_features({row}, 2, false);
  EXPECT_EQ(plain.column, (std::vector<uint32_t>{0, 1, 4}));
  EXPECT_NEAR(plain.value[0], 3 / std::sqrt(11.0), 1e-12);
  EXPECT_NEAR(plain.value[1], 1 / std::sqrt(11.0), 1e-12);
  both.bases = reverse_complement(row.bases);
  const SparseRows canonical = kmer_features({row, both, LabelledRow()}, 2, true);
  ASSERT_EQ(canonical.rows(), 3u);
  EXPECT_EQ(canonical.begin[2] - canonical.begin[1], canonical.begin[1]);
  for (size_t j = 0; j < canonical.begin[1]; ++j) {
    EXPECT_EQ(canonical.column[j], canonical.column[canonical.begin[1] + j]);
    EXPECT_EQ(canonical.value[j], canonical.value[canonical.begin[1] + j]);
  }
  EXPECT_EQ(canonical.begin[3], canonical.begin[2]);
}

// Fits the same problem with scikit-learn and writes its probabilities; exit code 77: not
// installed.
constexpr char kOracle[] = R"(
import sys
try:
    import numpy as np
    from sklearn.linear_model import LogisticRegression
except ImportError:
    sys.exit(77)
table = np.loadtxt(sys.argv[1])
model = LogisticRegression(C=2.0, solver='newton-cg', tol=1e-10, max_iter=5000)
model.fit(table[:, 1:], table[:, 0].astype(int))
np.savetxt(sys.argv[2], model.predict_proba(table[:, 1:]), fmt='%.12g')
)";

TEST(Linear, AgreesWithScikitLearn) {
  const char* python = std::getenv("LEXOME_PYTHON");
  const test::ToyFolder folder;
  std::ofstream(folder.file("oracle.py")) << kOracle;
  for (const int classes : {2, 3}) {
    const Problem problem = made_problem(200, 10, classes, 4);
    {
      std::ofstream out(folder.file("in.txt"));
      out.precision(17);
      for (size_t r = 0; r < problem.rows.rows(); ++r) {
        std::vector<double> dense(10, 0.0);
        for (size_t j = problem.rows.begin[r]; j < problem.rows.begin[r + 1]; ++j) {
          dense[problem.rows.column[j]] = problem.rows.value[j];
        }
        out << problem.labels[r];
        for (const double value : dense) out << ' ' << value;
        out << '\n';
      }
    }
    const std::string command = std::string(python != nullptr ? python : "/usr/bin/python3") + " " +
                                folder.file("oracle.py") + " " + folder.file("in.txt") + " " +
                                folder.file("out.txt") + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no Python with scikit-learn";
    LinearFit fit;
    fit.c = 2.0;
    fit.tolerance = 1e-8;
    const auto mine =
        fit_logistic(problem.rows, problem.labels, classes, fit).predict(problem.rows);
    std::ifstream in(folder.file("out.txt"));
    for (const std::vector<double>& row : mine) {
      for (const double p : row) {
        double expected = -1;
        in >> expected;
        ASSERT_NEAR(p, expected, 1e-7) << classes;
      }
    }
  }
}

}  // namespace
}  // namespace lexome
