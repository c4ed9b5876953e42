// Stretches drawn from a stream.
#include "data/stretch_sample.h"

#include <gtest/gtest.h>

namespace lexome {
namespace {

TEST(StretchSample, KeepsTheBeginningsOfSequencesThatAreKnown) {
  StretchSample sample;
  sample.offer(Bases(5000, kN));
  sample.offer({});
  sample.offer(Bases(5000, kC));
  sample.offer(Bases(3, kG));
  ASSERT_EQ(sample.kept().size(), 2u);
  EXPECT_EQ(sample.kept()[0], Bases(2048, kC));
  EXPECT_EQ(sample.kept()[1], Bases(3, kG));
}

TEST(StretchSample, LateStretchesAreAsLikelyAsEarlyOnes) {
  // Of 1,200 stretches 12 are kept; their mean place is 600 with a deviation of 1,200 / sqrt(12 *
  // 12) = 100.
  StretchSample sample;
  for (size_t i = 1; i <= 1200; ++i) sample.offer(Bases(i, kA));
  ASSERT_EQ(sample.kept().size(), 12u);
  double sum = 0;
  for (const Bases& kept : sample.kept()) sum += static_cast<double>(kept.size());
  EXPECT_NEAR(sum / 12, 600, 300);
}

}  // namespace
}  // namespace lexome
