// Stability of tokenizers whose answers are known.
#include "segments/stability.h"

#include <gtest/gtest.h>

#include "toy_regions.h"
#include "vocab/kmer.h"

namespace lexome {
namespace {

using lexome_test::random_region;
using lexome_test::region_of;

// Cuts behind every C that a G follows: the same place on both strands, seen from two bases.
Cutter between_cg() {
  return [](const std::vector<Bases>& sequences, int64_t) {
    std::vector<std::vector<int64_t>> all;
    for (const Bases& bases : sequences) {
      std::vector<int64_t>& cuts = all.emplace_back();
      for (size_t i = 1; i < bases.size(); ++i) {
        if (bases[i - 1] == kC && bases[i] == kG) cuts.push_back(static_cast<int64_t>(i));
      }
    }
    return all;
  };
}

double share(const std::vector<Stability>& all, const std::string& change) {
  for (const Stability& one : all) {
    if (one.change == change) return static_cast<double>(one.kept) / static_cast<double>(one.units);
  }
  ADD_FAILURE() << change << " is missing";
  return -1;
}

TEST(Stability, WhatDependsOnTwoBasesStaysEverywhereElse) {
  const std::vector<Studied> regions = {random_region(20'000, 1), random_region(700, 2)};
  const auto found = stability(between_cg(), 0, regions, 3);
  ASSERT_EQ(found.size(), 5u) << "there is no grid to move";
  EXPECT_EQ(share(found, "starts one base earlier"), 1);
  EXPECT_EQ(share(found, "other strand"), 1);
  EXPECT_EQ(share(found, "substitution 11 to 50 bases away"), 1);
  EXPECT_GT(found[0].units, 300);
  // A unit of sixteen bases holds a place for a new CG more often than not, and a C or G of its own
  // edges.
  EXPECT_LT(share(found, "substitution in the unit"), 1);
  EXPECT_GT(share(found, "substitution in the unit"), 0.4);
}

TEST(Stability, RulersKnowOneFrameOnly) {
  const std::vector<Studied> regions = {random_region(20'000, 1)};
  const std::shared_ptr<const Tokenizer> kmers = make_kmer({.k = 7, .stride = 7});
  const auto found = stability(cutter_of(kmers), 0, regions, 3);
  EXPECT_EQ(share(found, "starts one base earlier"), 0);
  EXPECT_EQ(share(found, "other strand"), 0) << "601 is no multiple of 7";
  EXPECT_EQ(share(found, "substitution in the unit"), 1);
  EXPECT_EQ(share(found, "substitution 1 to 10 bases away"), 1);
}

TEST(Stability, LinesThatMoveAreSeen) {
  const Cutter lines = [](const std::vector<Bases>& sequences, int64_t offset) {
    std::vector<std::vector<int64_t>> all;
    for (const Bases& bases : sequences) {
      std::vector<int64_t>& cuts = all.emplace_back();
      for (int64_t at = 1; at < static_cast<int64_t>(bases.size()); ++at) {
        if ((at + offset) % 20 == 0) cuts.push_back(at);
      }
    }
    return all;
  };
  const std::vector<Studied> regions = {random_region(5'000, 1)};
  EXPECT_EQ(share(stability(lines, 20, regions, 1), "lines moved by half their distance"), 0);
  EXPECT_EQ(share(stability(lines, 40, regions, 1), "lines moved by half their distance"), 1);
  const Stability few = line_stability(lines, 20, regions, 7, 1);
  EXPECT_EQ(few.share.count, 7);
  EXPECT_EQ(few.share.value, 0);
  EXPECT_EQ(line_stability(lines, 20, {random_region(100, 1)}, 7, 1).units, 0);
}

TEST(Stability, ShortOrUnknownRegionsGiveNothing) {
  EXPECT_TRUE(stability(between_cg(), 0, {random_region(601, 1)}, 1).empty());
  EXPECT_TRUE(stability(between_cg(), 0, {region_of(Bases(5000, kN))}, 1).empty());
}

TEST(Stability, TheSeedDecides) {
  const std::vector<Studied> regions = {random_region(50'000, 1)};
  const auto once = stability(between_cg(), 0, regions, 3),
             again = stability(between_cg(), 0, regions, 3),
             other = stability(between_cg(), 0, regions, 4);
  EXPECT_EQ(once[0].units, again[0].units);
  EXPECT_EQ(once[2].kept, again[2].kept);
  EXPECT_NE(once[0].units, other[0].units);
}

}  // namespace
}  // namespace lexome
