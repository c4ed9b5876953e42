// Windows: where they may lie, how often each place is drawn, purity, strands, N and short contigs.
#include "data/window_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "lexome/error.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

using test::open_genomes;
using test::random_letters;
using test::ToyFolder;

WindowOptions options_of(int64_t length, double share = 0.0) {
  WindowOptions options;
  options.length = length;
  options.holdout_share = share;
  return options;
}

std::string letters_of(const WindowPlan& plan, const Locus& locus) {
  Bases bases;
  plan.fetch(locus, &bases);
  return to_letters(bases);
}

TEST(WindowPlan, ASeedAnEpochAndANumberNameAWindow) {
  const ToyFolder folder;
  const WindowPlan plan(open_genomes({folder.genome("a.2bit", {{"one", random_letters(5000, 1)}})}),
                        options_of(100));
  const auto same = [](const Locus& a, const Locus& b) {
    return a.start == b.start && a.end == b.end && a.strand == b.strand;
  };
  int differ_seed = 0, differ_epoch = 0, differ_next = 0;
  for (uint64_t i = 0; i < 50; ++i) {
    const Locus locus = plan.window(Side::kTrain, 5, 2, i);
    EXPECT_TRUE(same(locus, plan.window(Side::kTrain, 5, 2, i)));
    differ_seed += !same(locus, plan.window(Side::kTrain, 6, 2, i));
    differ_epoch += !same(locus, plan.window(Side::kTrain, 5, 3, i));
    differ_next += !same(locus, plan.window(Side::kTrain, 5, 2, i + 1));
  }
  EXPECT_GT(differ_seed, 45);
  EXPECT_GT(differ_epoch, 45);
  EXPECT_GT(differ_next, 45);
}

TEST(WindowPlan, StretchesAreDrawnByWeightTimesBases) {
  const ToyFolder folder;
  const std::string a =
      folder.genome("a.2bit", {{"one", random_letters(3000, 1)}, {"two", random_letters(1000, 2)}});
  const std::string b = folder.genome("b.2bit", {{"three", random_letters(2000, 3)}});
  const WindowPlan plan(open_genomes({a, b + ",weight=0.5"}), options_of(50));
  std::map<std::pair<int, int>, double> times;
  constexpr int kDraws = 20000;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const Locus locus = plan.window(Side::kTrain, 1, 0, i);
    times[{locus.genome, locus.contig}] += 1.0 / kDraws;
  }
  EXPECT_NEAR((times[{0, 0}]), 0.6, 0.02);
  EXPECT_NEAR((times[{0, 1}]), 0.2, 0.02);
  EXPECT_NEAR((times[{1, 0}]), 0.2, 0.02);
}

TEST(WindowPlan, StartsAreUniformAndReachBothEnds) {
  const ToyFolder folder;
  const WindowPlan plan(open_genomes({folder.genome("a.2bit", {{"one", random_letters(29, 1)}})}),
                        options_of(20));
  std::map<int64_t, int> starts;
  for (uint64_t i = 0; i < 10000; ++i) ++starts[plan.window(Side::kTrain, 3, 0, i).start];
  ASSERT_EQ(starts.size(), 10u);
  EXPECT_EQ(starts.begin()->first, 0);
  EXPECT_EQ(starts.rbegin()->first, 9);
  for (const auto& [start, times] : starts) EXPECT_NEAR(times, 1000, 140) << start;
}

TEST(WindowPlan, MinusWindowsAreReverseComplements) {
  const ToyFolder folder;
  const std::string letters = random_letters(300, 4);
  const auto genomes = open_genomes({folder.genome("a.2bit", {{"one", letters}})});
  WindowOptions options = options_of(40);
  for (const std::string strand : {"+", "-", "both"}) {
    options.strand = strand;
    const WindowPlan plan(genomes, options);
    int minus = 0;
    for (uint64_t i = 0; i < 400; ++i) {
      const Locus locus = plan.window(Side::kTrain, 1, 0, i);
      const Bases forward = bases_from(letters.substr(static_cast<size_t>(locus.start), 40));
      const Bases expected = locus.strand == '-' ? reverse_complement(forward) : forward;
      ASSERT_EQ(letters_of(plan, locus), to_letters(expected));
      minus += locus.strand == '-';
    }
    if (strand == "both") {
      EXPECT_NEAR(minus, 200, 45);
    } else {
      EXPECT_EQ(minus, strand == "-" ? 400 : 0);
    }
  }
}

TEST(WindowPlan, NPolicyKeepsItsWord) {
  const ToyFolder folder;
  const std::string letters = random_letters(500, 1) + std::string(300, 'N') +
                              random_letters(60, 2) + std::string(8, 'N') + random_letters(700, 3);
  const auto genomes = open_genomes({folder.genome("a.2bit", {{"one", letters}})});
  const auto most_n = [&](const std::string& policy) {
    WindowOptions options = options_of(64);
    options.n_policy = policy;
    const WindowPlan plan(genomes, options);
    int64_t most = 0;
    for (uint64_t i = 0; i < 3000; ++i) {
      const std::string window = letters_of(plan, plan.window(Side::kTrain, 1, 0, i));
      most = std::max<int64_t>(most, std::count(window.begin(), window.end(), 'N'));
    }
    return most;
  };
  EXPECT_EQ(most_n("skip"), 0);
  EXPECT_EQ(most_n("max=0.25"), 16);
  EXPECT_EQ(most_n("keep"), 64);
  EXPECT_THROW(most_n("max=2"), ConfigError);
  EXPECT_THROW(most_n("drop"), ConfigError);
}

TEST(WindowPlan, HardlyAnyCleanWindowIsRefused) {
  const ToyFolder folder;
  const auto genomes =
      open_genomes({folder.genome("a.2bit", {{"one", std::string(20000, 'N') + "ACGT"}})});
  WindowOptions options = options_of(64);
  options.n_policy = "max=0.1";
  EXPECT_THROW(WindowPlan(genomes, options), InputError);
  options.n_policy = "skip";
  EXPECT_THROW(WindowPlan(genomes, options), InputError);
}

TEST(WindowPlan, TilesCoverEachStretchOnceInOrder) {
  const ToyFolder folder;
  const std::string letters =
      random_letters(250, 1) + std::string(100, 'N') + random_letters(130, 2);
  const auto genomes = open_genomes({folder.genome("a.2bit", {{"one", letters}})});
  WindowOptions options = options_of(50);
  options.layout = "tiled";
  options.strand = "+";
  const auto starts = [&](const std::string& policy, uint64_t epoch) {
    options.n_policy = policy;
    const WindowPlan plan(genomes, options);
    std::vector<int64_t> out;
    for (int64_t i = 0; i < plan.tiled_count(Side::kTrain); ++i) {
      const Locus locus = plan.window(Side::kTrain, 1, epoch, static_cast<uint64_t>(i));
      EXPECT_EQ(locus.end - locus.start, 50);
      out.push_back(locus.start);
    }
    EXPECT_THROW(plan.window(Side::kTrain, 1, epoch, out.size()), InternalError);
    return out;
  };
  const auto sorted = [](std::vector<int64_t> values) {
    std::sort(values.begin(), values.end());
    return values;
  };
  EXPECT_EQ(sorted(starts("skip", 0)), (std::vector<int64_t>{0, 50, 100, 150, 200, 350, 400}));
  EXPECT_EQ(sorted(starts("keep", 0)),
            (std::vector<int64_t>{0, 50, 100, 150, 200, 250, 300, 350, 400}));
  EXPECT_EQ(sorted(starts("max=0.5", 0)), (std::vector<int64_t>{0, 50, 100, 150, 200, 350, 400}));
  EXPECT_NE(starts("keep", 0), starts("keep", 1));  // training tiles come in another order
}

TEST(WindowPlan, ValidationTilesComeInGenomeOrder) {
  const ToyFolder folder;
  WindowOptions options = options_of(20, 0.3);
  options.layout = "tiled";
  const WindowPlan plan(open_genomes({folder.genome("a.2bit", {{"one", random_letters(900, 1)}})}),
                        options);
  int64_t last = -1;
  ASSERT_GT(plan.tiled_count(Side::kValidation), 5);
  for (int64_t i = 0; i < plan.tiled_count(Side::kValidation); ++i) {
    const Locus locus = plan.window(Side::kValidation, 1, 0, static_cast<uint64_t>(i));
    EXPECT_GT(locus.start, last);
    last = locus.start;
  }
}

TEST(WindowPlan, DnabertLengthsAreHalfFullAndHalfUniform) {
  const ToyFolder folder;
  WindowOptions options = options_of(510);
  options.lengths = "dnabert";
  options.min_length = 10;
  const WindowPlan plan(open_genomes({folder.genome("a.2bit", {{"one", random_letters(9000, 1)}})}),
                        options);
  int full = 0, below_half = 0;
  int64_t shortest = 1000;
  constexpr int kDraws = 20000;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const Locus locus = plan.window(Side::kTrain, 1, 0, i);
    const int64_t length = locus.end - locus.start;
    ASSERT_LE(length, 510);
    full += length == 510;
    below_half += length < 260;
    shortest = std::min(shortest, length);
  }
  EXPECT_NEAR(full, kDraws * (0.5 + 0.5 / 501), 300);
  EXPECT_NEAR(below_half, kDraws * 0.25, 300);
  EXPECT_EQ(shortest, 10);
}

TEST(WindowPlan, ShortContigsServeMixedLengthsWhole) {
  const ToyFolder folder;
  const auto genomes = open_genomes({folder.genome("a.2bit", {{"one", random_letters(80, 1)}})});
  WindowOptions options = options_of(510);
  options.lengths = "dnabert";
  const WindowPlan plan(genomes, options);
  for (uint64_t i = 0; i < 200; ++i) {
    const Locus locus = plan.window(Side::kTrain, 1, 0, i);
    EXPECT_GE(locus.start, 0);
    EXPECT_LE(locus.end, 80);
    EXPECT_GE(locus.end - locus.start, 16);
  }
}

TEST(WindowPlan, WindowsLongerThanEveryContigAreRefusedWithBothLengths) {
  const ToyFolder folder;
  const auto genomes = open_genomes(
      {folder.genome("a.2bit", {{"one", random_letters(80, 1)}, {"two", random_letters(120, 1)}})});
  try {
    WindowPlan(genomes, options_of(512));
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("512"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("120"), std::string::npos);
  }
}

TEST(WindowPlan, AGroupHasOneWeight) {
  const ToyFolder folder;
  const std::string a = folder.genome("a.2bit", {{"one", random_letters(900, 1)}});
  const std::string b = folder.genome("b.2bit", {{"one", random_letters(900, 2)}});
  EXPECT_THROW(
      WindowPlan(open_genomes({a + ",group=x", b + ",group=x,weight=0.5"}), options_of(50)),
      ConfigError);
}

}  // namespace
}  // namespace lexome
