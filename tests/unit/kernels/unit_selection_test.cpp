// Unit selection against the definition done the slow way, and what follows from the definition:
// units partition the sequence, only the order of scores matters, ties and NaN are settled.
#include "kernels/unit_selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "lexome/error.h"

namespace lexome {
namespace {

using Scores = std::vector<float>;

std::vector<int64_t> one_to_ten() { return {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; }

std::vector<int32_t> selected(const Scores& scores, const std::vector<int64_t>& lengths,
                              const std::vector<uint8_t>& parts = {}) {
  const auto positions = static_cast<int64_t>(scores.size() / lengths.size());
  std::vector<int32_t> expert_at(static_cast<size_t>(positions), -7);
  UnitSelector(lengths).select(scores.data(), positions, parts.empty() ? nullptr : parts.data(),
                               expert_at.data());
  return expert_at;
}

// The definition, word by word.
std::vector<int32_t> oracle(const Scores& scores, const std::vector<int64_t>& lengths,
                            const std::vector<uint8_t>& parts = {}) {
  struct Candidate {
    double score;
    int64_t position;
    size_t expert;
  };
  const size_t experts = lengths.size();
  const auto positions = static_cast<int64_t>(scores.size() / experts);
  std::vector<Candidate> all;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double score = scores[i];
    all.push_back({std::isnan(score) ? -std::numeric_limits<double>::infinity() : score,
                   static_cast<int64_t>(i / experts), i % experts});
  }
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::pair(a.position, a.expert) < std::pair(b.position, b.expert);
  });
  std::vector<int32_t> expert_at(static_cast<size_t>(positions), -1);
  std::vector<bool> taken(static_cast<size_t>(positions), false);
  for (const Candidate& each : all) {
    const int64_t first = each.position - lengths[each.expert] / 2,
                  end = first + lengths[each.expert];
    bool fits = first >= 0 && end <= positions;
    for (int64_t i = first; fits && i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      fits = !taken[at] && (parts.empty() || parts[at] == parts[static_cast<size_t>(first)]);
    }
    if (!fits) continue;
    for (int64_t i = first; i < end; ++i) taken[static_cast<size_t>(i)] = true;
    expert_at[static_cast<size_t>(each.position)] = static_cast<int32_t>(each.expert);
  }
  return expert_at;
}

// Scores on a grid of `levels` values (ties), or continuous when it is 0.
Scores random_scores(size_t count, uint64_t stream, uint64_t levels = 0) {
  Random random(8, Purpose::kTest, stream);
  Scores scores(count);
  for (float& score : scores)
    score = static_cast<float>(levels == 0 ? random.normal()
                                           : static_cast<double>(random.below(levels)) - 2.0);
  return scores;
}

void expect_partition(const std::vector<int32_t>& expert_at, const std::vector<int64_t>& lengths) {
  int64_t next = 0;
  for (size_t p = 0; p < expert_at.size(); ++p) {
    if (expert_at[p] < 0) continue;
    const int64_t length = lengths[static_cast<size_t>(expert_at[p])];
    const auto centre = static_cast<int64_t>(p);
    EXPECT_EQ(unit_start(centre, length), next);
    EXPECT_LE(unit_start(centre, length), centre);
    EXPECT_LT(centre, next + length);
    next += length;
  }
  EXPECT_EQ(next, static_cast<int64_t>(expert_at.size()));
}

TEST(UnitSelection, TheTinyExampleByHand) {
  const Scores scores = {.1F, .9F, .2F,  .2F,  .8F, .7F, 0.F, 0.F,
                         0.F, .3F, .75F, .85F, .1F, .1F, .1F};
  // Position 0 with length 2 would begin before the sequence; 3 takes three, 1 takes two.
  EXPECT_EQ(selected(scores, {1, 2, 3}), (std::vector<int32_t>{-1, 1, -1, 2, -1}));
}

TEST(UnitSelection, EqualsTheDefinitionAndPartitions) {
  uint64_t stream = 0;
  for (const uint64_t levels : {0, 1, 2, 5}) {
    for (const size_t positions : {1, 2, 9, 63, 64, 65, 130, 510}) {
      const Scores scores = random_scores(positions * 10, ++stream, levels);
      const auto got = selected(scores, one_to_ten());
      EXPECT_EQ(got, oracle(scores, one_to_ten())) << positions << " positions";
      expect_partition(got, one_to_ten());
    }
  }
  // Lengths in any order, twice the same, up to the longest.
  const std::vector<int64_t> odd = {63, 1, 4, 4, 20};
  const Scores scores = random_scores(400 * odd.size(), ++stream, 7);
  EXPECT_EQ(selected(scores, odd), oracle(scores, odd));
  expect_partition(selected(scores, odd), odd);
  // Without an expert of length 1 positions may be left over.
  const Scores few = random_scores(50 * 2, ++stream);
  EXPECT_EQ(selected(few, {3, 5}), oracle(few, {3, 5}));
}

TEST(UnitSelection, OneObjectServesManySequences) {
  UnitSelector selector(one_to_ten());
  for (const size_t positions : {300, 7, 500}) {
    const Scores scores = random_scores(positions * 10, positions);
    std::vector<int32_t> got(positions);
    selector.select(scores.data(), static_cast<int64_t>(positions), nullptr, got.data());
    EXPECT_EQ(got, oracle(scores, one_to_ten()));
  }
}

TEST(UnitSelection, OnlyTheOrderOfScoresMatters) {
  const Scores scores = random_scores(200 * 10, 77, 40);
  Scores moved = scores;
  for (float& score : moved) score = std::exp(score * 0.1F) * 3.0F - 8.0F;
  EXPECT_EQ(selected(scores, one_to_ten()), selected(moved, one_to_ten()));
}

TEST(UnitSelection, TiesGoToTheFirstPositionThenTheFirstExpert) {
  EXPECT_EQ(selected(Scores(6, 0.5F), {2, 1}), (std::vector<int32_t>{1, 1, 1}));
  EXPECT_EQ(selected(Scores(6, 0.5F), {1, 2}), (std::vector<int32_t>{0, 0, 0}));
  // -0 and 0 are one score.
  EXPECT_EQ(selected({-0.0F, 0.0F, 0.0F, 0.0F}, {1, 2}), (std::vector<int32_t>{0, 0}));
}

TEST(UnitSelection, NanAndInfinitiesComeLastAndFirst) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(selected(Scores(20, nan), {1, 2}), std::vector<int32_t>(10, 0));
  EXPECT_EQ(selected({nan, nan, -1e30F, -1e30F, nan, infinity, nan, nan}, {1, 2}),
            (std::vector<int32_t>{0, -1, 1, 0}));
  EXPECT_EQ(selected({nan, nan, -infinity, nan}, {1, 2}), (std::vector<int32_t>{0, 0}));
  Scores mixed = random_scores(100 * 10, 5);
  for (size_t i = 0; i < mixed.size(); i += 3) mixed[i] = i % 2 == 0 ? nan : -nan;
  EXPECT_EQ(selected(mixed, one_to_ten()), oracle(mixed, one_to_ten()));
  expect_partition(selected(mixed, one_to_ten()), one_to_ten());
}

TEST(UnitSelection, SequencesOfNoOneAndTwoPositions) {
  EXPECT_TRUE(selected({}, one_to_ten()).empty());
  EXPECT_EQ(selected(random_scores(10, 3), one_to_ten()), std::vector<int32_t>{0});
  Scores two(20, 0.0F);
  two[11] = 1.0F;  // position 1, length 2
  EXPECT_EQ(selected(two, one_to_ten()), (std::vector<int32_t>{-1, 1}));
}

TEST(UnitSelection, NoUnitHoldsTwoParts) {
  for (uint64_t stream = 0; stream < 20; ++stream) {
    const Scores scores = random_scores(200 * 10, 1000 + stream, stream % 2 == 0 ? 0 : 3);
    Random random(9, Purpose::kTest, stream);
    std::vector<uint8_t> parts(200);
    for (uint8_t& part : parts) part = random.chance(0.15) ? 1 : 0;
    const auto got = selected(scores, one_to_ten(), parts);
    EXPECT_EQ(got, oracle(scores, one_to_ten(), parts));
    expect_partition(got, one_to_ten());
  }
  // One part everywhere changes nothing.
  const Scores scores = random_scores(200 * 10, 2000);
  EXPECT_EQ(selected(scores, one_to_ten(), std::vector<uint8_t>(200, 1)),
            selected(scores, one_to_ten()));
}

// Scores of a sequence that is its own reverse complement: a candidate scores as its mirror image.
TEST(UnitSelection, PairsAreTheirOwnMirrorImage) {
  const std::vector<int64_t> lengths = one_to_ten();
  for (const uint64_t levels : {0, 1, 3}) {
    for (const int64_t positions : {1, 2, 3, 10, 65, 200}) {
      Scores scores = random_scores(static_cast<size_t>(positions) * 10, 900 + levels, levels);
      for (int64_t p = 0; p < positions; ++p) {
        for (int64_t e = 0; e < 10; ++e) {
          const int64_t image = mirrored_centre(p, lengths[static_cast<size_t>(e)], positions);
          if (image < positions)
            scores[static_cast<size_t>(image * 10 + e)] = scores[static_cast<size_t>(p * 10 + e)];
        }
      }
      std::vector<int32_t> got(static_cast<size_t>(positions));
      UnitSelector(lengths).select(scores.data(), positions, nullptr, got.data(), true);
      expect_partition(got, lengths);
      for (int64_t p = 0; p < positions; ++p) {
        const int32_t expert = got[static_cast<size_t>(p)];
        if (expert < 0) continue;
        const int64_t image = mirrored_centre(p, lengths[static_cast<size_t>(expert)], positions);
        EXPECT_EQ(got[static_cast<size_t>(image)], expert) << positions << ' ' << p;
      }
    }
  }
}

// Untrained routers: what independent scores give (means over many windows of 510).
TEST(UnitSelection, IndependentScoresGiveShortUnits) {
  double units = 0, single = 0;
  for (uint64_t stream = 0; stream < 100; ++stream) {
    for (const int32_t expert : selected(random_scores(510 * 10, 5000 + stream), one_to_ten())) {
      units += expert >= 0;
      single += expert == 0;
    }
  }
  EXPECT_NEAR(units / 100, 199.3, 2.0);
  EXPECT_NEAR(single / units, 0.53, 0.01);
}

TEST(UnitSelection, RefusesLengthsItCannotHold) {
  EXPECT_THROW(UnitSelector({}), InternalError);
  EXPECT_THROW(UnitSelector({0, 1}), InternalError);
  EXPECT_THROW(UnitSelector({64}), InternalError);
}

}  // namespace
}  // namespace lexome
