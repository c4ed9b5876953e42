// Agreement against counting by hand, and nulls that keep what they say and find nothing where
// nothing is.
#include "segments/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "toy_regions.h"

namespace lexome {
namespace {

using lexome_test::random_cuts;
using lexome_test::random_region;

Landmark landmark_at(std::vector<int64_t> at, const Studied& region) {
  return {"toy", {std::move(at)}, {{{region.where.start, region.where.end}}}};
}

Segmentation cuts_at(std::vector<int64_t> cuts) {
  Segmentation out;
  out.cuts = {std::move(cuts)};
  return out;
}

TEST(Agreement, CountsAsByHand) {
  const std::vector<Studied> regions = {random_region(100, 1)};
  // Of four cuts one is exact, one a base away, one two bases away.
  const auto found = agreement(regions, cuts_at({10, 21, 32, 90}),
                               landmark_at({10, 20, 30, 50, 70}, regions[0]), {});
  ASSERT_EQ(found.size(), 3u);
  for (size_t t = 0; t < 3; ++t) {
    EXPECT_EQ(found[t].cuts, 4);
    EXPECT_EQ(found[t].boundaries, 5);
    const double hits = static_cast<double>(t) + 1;
    EXPECT_DOUBLE_EQ(found[t].observed.precision, hits / 4);
    EXPECT_DOUBLE_EQ(found[t].observed.recall, hits / 5);
    EXPECT_DOUBLE_EQ(found[t].observed.f1, 2 * hits / 9);
  }
}

TEST(Agreement, OnlyTheAreaCounts) {
  const std::vector<Studied> regions = {random_region(100, 2)};
  Landmark landmark = landmark_at({40, 50}, regions[0]);
  landmark.area = {{{40, 60}}};
  const auto found = agreement(regions, cuts_at({5, 40, 45, 60, 61, 95}), landmark, {});
  EXPECT_EQ(found[0].cuts, 3);
  EXPECT_DOUBLE_EQ(found[0].observed.precision, 1.0 / 3);
}

TEST(Agreement, ShuffledUnitsKeepLengthsWithinKilobases) {
  const Studied region = random_region(5000, 3, 700);
  const std::vector<int64_t> cuts = random_cuts(region, 3);
  const std::vector<Block> area = {{1000, 3600}};
  const std::vector<int64_t> shuffled = shuffled_cuts(region, cuts, area, 1, 0, 0);
  ASSERT_EQ(shuffled.size(), cuts.size());
  EXPECT_NE(shuffled, cuts);
  EXPECT_NE(shuffled, shuffled_cuts(region, cuts, area, 1, 1, 0));
  EXPECT_EQ(shuffled, shuffled_cuts(region, cuts, area, 1, 0, 0));
  const auto edges = unit_edges(region, cuts), moved = unit_edges(region, shuffled);
  std::map<int64_t, std::pair<std::multiset<int64_t>, std::multiset<int64_t>>> pieces;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    if (edges[i] < 1000 || edges[i] >= 3600) {
      EXPECT_EQ(edges[i + 1], moved[i + 1]) << "outside the area nothing moves";
    }
    // The units before the i-th are as long together as before only at the edges of pieces; by
    // their rank they stay in their piece.
    const int64_t piece = edges[i] < 1000 || edges[i] >= 3600 ? -1 : (edges[i] - 1000) / 1000;
    pieces[piece].first.insert(edges[i + 1] - edges[i]);
    pieces[piece].second.insert(moved[i + 1] - moved[i]);
  }
  for (const auto& [piece, lengths] : pieces) EXPECT_EQ(lengths.first, lengths.second) << piece;
}

TEST(Agreement, RandomCutsHaveNoExcessAndPlantedOnesDo) {
  const std::vector<Studied> regions = {random_region(200'000, 4)};
  const std::vector<int64_t> cuts = random_cuts(regions[0], 4);
  Random random(6, Purpose::kTest);
  std::vector<int64_t> anywhere, planted;
  for (int i = 0; i < 2000; ++i) {
    anywhere.push_back(1 + static_cast<int64_t>(random.below(199'998)));
    planted.push_back(cuts[random.below(cuts.size())]);
  }
  for (std::vector<int64_t>* at : {&anywhere, &planted}) {
    std::sort(at->begin(), at->end());
    at->erase(std::unique(at->begin(), at->end()), at->end());
  }
  const AgreementOptions options = {.draws = 10, .replicates = 300};
  const auto none = agreement(regions, cuts_at(cuts), landmark_at(anywhere, regions[0]), options);
  const auto some = agreement(regions, cuts_at(cuts), landmark_at(planted, regions[0]), options);
  for (const Excess* excess : {&none[0].lengths, &none[0].gc}) {
    EXPECT_LT(std::abs(excess->value.f1), 0.01);
    EXPECT_LT(excess->low, excess->high);
  }
  EXPECT_DOUBLE_EQ(some[0].observed.recall, 1);
  for (const Excess* excess : {&some[0].lengths, &some[0].gc}) {
    EXPECT_GT(excess->value.recall, 0.6);
    EXPECT_GT(excess->low, 0);
  }
}

TEST(Agreement, ThreadsChangeNothing) {
  const std::vector<Studied> regions = {random_region(60'000, 7)};
  const Segmentation cuts = cuts_at(random_cuts(regions[0], 7));
  const Landmark landmark = landmark_at(random_cuts(regions[0], 8), regions[0]);
  const auto one = agreement(regions, cuts, landmark, {.draws = 5, .replicates = 50});
  const auto four =
      agreement(regions, cuts, landmark, {.draws = 5, .replicates = 50, .threads = 4});
  for (size_t t = 0; t < 3; ++t) {
    EXPECT_EQ(one[t].lengths.null.f1, four[t].lengths.null.f1);
    EXPECT_EQ(one[t].gc.low, four[t].gc.low);
  }
}

}  // namespace
}  // namespace lexome
