// The schedule against closed forms worked out by hand.
#include "train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lexome {
namespace {

TEST(Schedule, WarmsUpLinearlyFromZeroToThePeak) {
  const Schedule schedule{"linear", 2e-4, 0.0, 10, 110};
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.0);
  EXPECT_DOUBLE_EQ(schedule.rate(1), 2e-5);
  EXPECT_DOUBLE_EQ(schedule.rate(5), 1e-4);
  EXPECT_DOUBLE_EQ(schedule.rate(10), 2e-4);
}

TEST(Schedule, LinearDecayEndsAtTheFloor) {
  const Schedule schedule{"linear", 1.0, 0.1, 10, 110};
  EXPECT_NEAR(schedule.rate(60), 0.1 + 0.9 * 0.5, 1e-12);
  EXPECT_NEAR(schedule.rate(110), 0.1, 1e-12);
  EXPECT_NEAR(schedule.rate(500), 0.1, 1e-12);
}

TEST(Schedule, CosineDecayFollowsHalfAPeriod) {
  const Schedule schedule{"cosine", 1.0, 0.0, 0, 100};
  EXPECT_NEAR(schedule.rate(25), 0.5 * (1 + std::sqrt(0.5)), 1e-12);
  EXPECT_NEAR(schedule.rate(50), 0.5, 1e-12);
  EXPECT_NEAR(schedule.rate(100), 0.0, 1e-12);
}

TEST(Schedule, ConstantStaysAtThePeakAfterWarmUp) {
  const Schedule schedule{"constant", 3.0, 0.0, 3, 10};
  EXPECT_DOUBLE_EQ(schedule.rate(1), 1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(3), 3.0);
  EXPECT_DOUBLE_EQ(schedule.rate(10), 3.0);
}

TEST(Schedule, AllStepsWarmUpIsDefined) {
  const Schedule schedule{"linear", 1.0, 0.0, 10, 10};
  EXPECT_DOUBLE_EQ(schedule.rate(10), 1.0);
}

}  // namespace
}  // namespace lexome
