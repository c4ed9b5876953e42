// Principal components of dense rows.
#include "data/components.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace lexome {
namespace {

TEST(DenseComponents, ALineInSpace) {
  // Through (1, 2, 0) with direction (3, 4, 0) / 5; what lies beside it is smaller.
  const std::vector<float> rows = {1, 2, 0.5F, 4, 6, -0.5F, 7, 10, 0.5F, 10, 14, -0.5F};
  const Components found = dense_components(rows, 3, 2);
  ASSERT_EQ(found.points.size(), 4u);
  EXPECT_NEAR(std::abs(found.points[3][0] - found.points[0][0]), 15, 0.2);
  EXPECT_NEAR(found.shares[0] + found.shares[1], 1, 1e-12);
  EXPECT_GT(found.shares[0], 0.98);
  double sum = 0, furthest = 0;
  for (const auto& point : found.points) {
    sum += point[0];
    if (std::abs(point[0]) > std::abs(furthest)) furthest = point[0];
  }
  EXPECT_NEAR(sum, 0, 1e-9) << "centred";
  EXPECT_GT(furthest, 0);
}

TEST(DenseComponents, ScoresHaveTheVarianceTheyClaim) {
  constexpr size_t kRows = 200, kWidth = 7;
  Random random(3, Purpose::kTest);
  std::vector<float> rows;
  for (size_t i = 0; i < kRows * kWidth; ++i)
    rows.push_back(static_cast<float>(random.normal() * (1 + static_cast<double>(i % kWidth))));
  const Components all = dense_components(rows, kWidth, kWidth);
  std::vector<double> squares(kWidth, 0);
  double total = 0, mixed = 0;
  for (const auto& point : all.points) {
    for (size_t k = 0; k < kWidth; ++k) squares[k] += point[k] * point[k];
    mixed += point[0] * point[1];
  }
  for (const double each : squares) total += each;
  for (size_t k = 0; k < kWidth; ++k) EXPECT_NEAR(all.shares[k], squares[k] / total, 1e-9);
  EXPECT_NEAR(mixed / total, 0, 1e-9);
}

TEST(DenseComponents, FewRowsAndNone) {
  EXPECT_TRUE(dense_components({}, 3, 2).points.empty());
  const Components one = dense_components({1, 2, 3}, 3, 2);
  EXPECT_EQ(one.points, (std::vector<std::vector<double>>{{0, 0}}));
  const Components narrow = dense_components({1, 5}, 1, 3);
  EXPECT_NEAR(std::abs(narrow.points[1][0] - narrow.points[0][0]), 4, 1e-12);
  EXPECT_EQ(narrow.points[1][2], 0);
}

}  // namespace
}  // namespace lexome
