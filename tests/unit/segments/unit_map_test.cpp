// Units as points, and what taps read, of a network that is made up.
#include "segments/unit_map.h"

#include <gtest/gtest.h>

#include <cmath>

#include "../data/toy_genome.h"

namespace lexome {
namespace {

// Cuts what it reads into twos; a unit's vector is (how many A, a constant). Its first tap reads
// one unit further left than it should, its last one lies on the unit itself.
class Twos final : public InsideUnits {
 public:
  int64_t core() const override { return 40; }
  int64_t flank() const override { return 10; }
  std::vector<UnitInsides> look(const std::vector<Bases>& reads) const override {
    std::vector<UnitInsides> out;
    for (const Bases& read : reads) {
      UnitInsides& one = out.emplace_back();
      one.width = 2;
      one.taps = 3;
      one.base_of_row = {-1};
      for (size_t at = 0; at + 1 < read.size(); at += 2) {
        const auto start = static_cast<int64_t>(at);
        one.units.push_back({start, 2, start + 1, 4, static_cast<int64_t>(one.base_of_row.size())});
        one.base_of_row.push_back(start + 1);
        one.vectors.insert(one.vectors.end(),
                           {static_cast<float>((read[at] == kA) + (read[at + 1] == kA)), 1.0F});
        one.offsets.insert(one.offsets.end(), {-1.5F, 0.0F, -1.0F});
        one.modulation.insert(one.modulation.end(), {0.5F, 1.0F, 2.0F});
      }
      one.base_of_row.push_back(static_cast<int64_t>(read.size()));
    }
    return out;
  }
  std::shared_ptr<const InsideUnits> untrained(uint64_t) const override { return nullptr; }
};

UnitRead read_of(const std::string& letters, int64_t start, int64_t asked_start,
                 int64_t asked_end) {
  UnitRead read;
  read.start = start;
  read.asked_start = asked_start;
  read.asked_end = asked_end;
  read.bases = bases_from(letters);
  return read;
}

TEST(UnitMap, OnePointASequenceWithItsMean) {
  // AC and GG stand twice, what holds N or is centred beside the asked bases does not count.
  const std::vector<UnitRead> reads = {read_of("ACGGACANGGTT", 100, 100, 110)};
  const BaseClass gene = {"gene", {{{0, 1000}}}};
  const NetworkUnits found = network_units("twos", true, Twos(), reads, {gene}, 1);
  EXPECT_EQ(found.units, 4);
  EXPECT_EQ(found.distinct, 2);
  EXPECT_EQ(found.bases, 10);
  ASSERT_EQ(found.mapped.size(), 2u);
  EXPECT_EQ(found.mapped[0].sequence, "AC");
  EXPECT_EQ(found.mapped[0].count, 2);
  EXPECT_EQ(found.mapped[0].expert, 4);
  EXPECT_EQ(found.mapped[0].home, "any") << "all units stand in the gene";
  EXPECT_NEAR(std::abs(found.mapped[0].components[0] - found.mapped[1].components[0]), 1, 1e-6);
  EXPECT_NEAR(found.shares[0], 1, 1e-12);
  EXPECT_EQ(found.by_length, 0) << "all have one length";
}

TEST(UnitMap, HomeIsWhereASequenceStandsTooOften) {
  std::string letters;
  for (int i = 0; i < 40; ++i) letters += i < 20 ? "AC" : "GT";
  const BaseClass first = {"first", {{{0, 40}}}}, none = {"none", {{}}};
  const NetworkUnits found =
      network_units("twos", true, Twos(), {read_of(letters, 0, 0, 80)}, {first, none}, 1);
  ASSERT_EQ(found.mapped.size(), 2u);
  EXPECT_EQ(found.mapped[0].home, "first");
  EXPECT_EQ(found.mapped[1].home, "any");
  EXPECT_NEAR(found.by_home, 1, 1e-12);
}

TEST(UnitMap, TapsAreSummed) {
  const NetworkUnits found =
      network_units("twos", true, Twos(), {read_of("ACGGACAC", 0, 0, 8)}, {}, 1);
  ASSERT_EQ(found.taps.size(), 3u);
  EXPECT_EQ(found.taps[0].tap, -1);
  EXPECT_NEAR(found.taps[0].median, -1.5, 1e-6);
  EXPECT_NEAR(found.taps[0].deviation, 0, 1e-6);
  EXPECT_EQ(found.taps[0].beyond_one, 1);
  EXPECT_EQ(found.taps[2].beyond_one, 0) << "one is not beyond one";
  // Of rows 1 to 4 the first reads at -1.5, where nothing stands.
  EXPECT_EQ(found.taps[0].outside, 0.25);
  EXPECT_EQ(found.taps[1].outside, 0);
  EXPECT_NEAR(found.taps[2].modulation, 2, 1e-6);
}

TEST(UnitMap, TapsReadPlacesOnTheContig) {
  const Interval stretch = {"chr1", 102, 106, '+'};
  const std::vector<ViewedTap> taps =
      taps_over("twos", Twos(), {read_of("ACGGACAC", 100, 102, 106)}, stretch);
  ASSERT_EQ(taps.size(), 6u) << "two units, three taps";
  EXPECT_EQ(taps[0].unit.start, 102);
  EXPECT_EQ(taps[0].unit.end, 104);
  EXPECT_EQ(taps[0].from, 103.5);
  // Rows stand at bases -1, 1, 3, 5, 7, 8: row 2 - 1 - 1.5 lies before the first.
  EXPECT_TRUE(std::isnan(taps[0].reads));
  EXPECT_EQ(taps[1].reads, 103.5);
  EXPECT_EQ(taps[2].reads, 103.5);
  EXPECT_EQ(taps[3].reads, 100.5) << "row 0.5, between the bases -1 and 1";
}

TEST(UnitReads, CoverTheRegionsOnce) {
  const test::ToyFolder folder;
  const Genome genome = Genome::open(folder.genome("toy.2bit", {{"chr1", std::string(200, 'A')}}));
  const std::vector<Studied> regions = studied_regions(genome, {{"chr1", 30, 130, '.'}});
  const std::vector<UnitRead> all = sampled_reads(genome, regions, Twos(), 100, 1);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].asked_start, 30);
  EXPECT_EQ(all[0].asked_end, 40);
  EXPECT_EQ(all[0].start, 0);
  EXPECT_EQ(all[0].bases.size(), 50u);
  EXPECT_EQ(all[1].start, 30);
  EXPECT_EQ(all[1].bases.size(), 60u);
  EXPECT_EQ(all[3].asked_end, 130);
  EXPECT_EQ(sampled_reads(genome, regions, Twos(), 2, 1).size(), 2u);
  const std::vector<UnitRead> some = reads_over(genome, regions, Twos(), 0, 45, 90);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_EQ(some[0].asked_start, 45);
  EXPECT_EQ(some[1].asked_end, 90);
}

}  // namespace
}  // namespace lexome
