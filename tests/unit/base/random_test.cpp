// Philox against its authors' vectors (Random123's kat_vectors), and the promises of streams.
#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace lexome {
namespace {

using Block = std::array<uint32_t, 4>;

TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, SameNameSameNumbers) {
  Random one(7, Purpose::kTest, 3, 4), two(7, Purpose::kTest, 3, 4);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), two.next());
}

TEST(Random, EveryPartOfTheNameMatters) {
  std::set<uint64_t> firsts;
  int streams = 0;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32}) {
    for (const Purpose purpose : {Purpose::kMask, Purpose::kTest}) {
      for (const uint64_t a : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, ~uint64_t{0}}) {
        for (const uint64_t b : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, ~uint64_t{0}}) {
          firsts.insert(Random(seed, purpose, a, b).next64());
          ++streams;
        }
      }
    }
  }
  EXPECT_EQ(firsts.size(), static_cast<size_t>(streams));
}

TEST(Random, BelowIsUniform) {
  Random random(1, Purpose::kTest);
  constexpr int kDraws = 70000;
  for (const uint64_t n : {uint64_t{7}, (uint64_t{1} << 40) * 7}) {
    std::array<int, 7> counts{};
    for (int i = 0; i < kDraws; ++i) {
      const uint64_t value = random.below(n);
      ASSERT_LT(value, n);
      ++counts[value / (n / 7)];
    }
    double chi2 = 0;
    for (const int count : counts) chi2 += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
    EXPECT_LT(chi2, 27.9);  // 6 degrees of freedom, p = 1e-4
  }
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(2, Purpose::kTest);
  constexpr int kDraws = 200000;
  double sum = 0, normal_sum = 0, normal_square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    const double z = random.normal();
    normal_sum += z;
    normal_square += z * z;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.004);
  EXPECT_NEAR(normal_sum / kDraws, 0, 0.012);
  EXPECT_NEAR(normal_square / kDraws, 1, 0.02);
}

}  // namespace
}  // namespace lexome
