// Which side a base stands on: by share, by name, and never with homologous sequence on both.
#include "data/holdout.h"

#include <gtest/gtest.h>

#include "data/window_plan.h"
#include "lexome/error.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

using test::open_genomes;
using test::random_letters;
using test::ToyFolder;

std::string text(const std::vector<Block>& blocks) {
  std::string out;
  for (const Block& block : blocks) {
    out += std::to_string(block.start) + "-" + std::to_string(block.end) + " ";
  }
  return out;
}

TEST(Holdout, BigContigsLoseTheirEndAndAGapOfOneWindow) {
  const ToyFolder folder;
  const auto genomes = open_genomes({folder.genome(
      "a.2bit", {{"one", random_letters(4000, 1)}, {"two", random_letters(2000, 2)}})});
  const Sides sides = hold_out_share(*genomes, 0.1, 100);
  EXPECT_EQ(text(sides[0][0].train), "0-3500 ");
  EXPECT_EQ(text(sides[0][0].validation), "3600-4000 ");
  EXPECT_EQ(text(sides[0][1].train), "0-1700 ");
  EXPECT_EQ(text(sides[0][1].validation), "1800-2000 ");
  // A share below one window is one window.
  EXPECT_EQ(text(hold_out_share(*genomes, 0.01, 100)[0][1].validation), "1900-2000 ");
  EXPECT_EQ(text(hold_out_share(*genomes, 0.0, 100)[0][0].train), "0-4000 ");
}

TEST(Holdout, TheShareIsOfKnownBases) {
  const ToyFolder folder;
  // The last kilobase is a telomere of N; a tenth of the 3,000 known bases lies before it.
  const auto genomes = open_genomes(
      {folder.genome("a.2bit", {{"one", random_letters(3000, 1) + std::string(1000, 'N')}})});
  EXPECT_EQ(text(hold_out_share(*genomes, 0.1, 100)[0][0].validation), "2700-4000 ");
}

TEST(Holdout, SmallContigsGoWholeAndByTheirShare) {
  const ToyFolder folder;
  std::vector<std::pair<std::string, std::string>> contigs;
  for (int c = 0; c < 40; ++c) {
    contigs.emplace_back("c" + std::to_string(c), random_letters(1000, static_cast<uint64_t>(c)));
  }
  const auto genomes = open_genomes({folder.genome("a.2bit", contigs)});
  const Sides sides = hold_out_share(*genomes, 0.125, 100);
  int held = 0;
  for (const ContigSides& contig : sides[0]) {
    EXPECT_NE(contig.train.empty(), contig.validation.empty());
    held += contig.train.empty();
  }
  EXPECT_EQ(held, 5);
}

TEST(Holdout, NamedGroupsStandOnOneSide) {
  const ToyFolder folder;
  const auto genome = [&](const std::string& name, size_t length, uint64_t seed) {
    return folder.genome(name, {{"c", random_letters(length, seed)}});
  };
  const std::vector<std::string> specs = {
      genome("a.2bit", 9000, 1) + ",group=x", genome("b.2bit", 9000, 2) + ",group=x",
      genome("c.2bit", 1000, 3) + ",group=y", genome("d.2bit", 500, 4) + ",group=z"};
  const Sides sides = hold_out_share(*open_genomes(specs), 0.08, 100);
  // z and y are 1,500 of 19,500 bases and fit into the share; x does not and trains as a whole.
  EXPECT_TRUE(sides[0][0].validation.empty());
  EXPECT_TRUE(sides[1][0].validation.empty());
  EXPECT_TRUE(sides[2][0].train.empty());
  EXPECT_TRUE(sides[3][0].train.empty());
  // Too small a share for any group: the lightest goes all the same, whole.
  const Sides little = hold_out_share(*open_genomes(specs), 0.01, 100);
  EXPECT_TRUE(little[2][0].validation.empty());
  EXPECT_TRUE(little[3][0].train.empty());
}

TEST(Holdout, NamesAreContigsRegionsAndGroups) {
  const ToyFolder folder;
  const std::string a = folder.genome("a.2bit", {{"one", random_letters(4000, 1)},
                                                 {"two", random_letters(3000, 2)},
                                                 {"three", random_letters(3000, 2)}});
  const std::string b = folder.genome("b.2bit", {{"four", random_letters(900, 3)}});
  const std::string c = folder.genome("c.2bit", {{"five", random_letters(900, 3)}});
  const auto genomes = open_genomes({a, b + ",group=x", c + ",group=x"});
  const Sides sides = hold_out_named(*genomes, "two, one:1,001-2,000,three:1-100");
  EXPECT_EQ(text(sides[0][0].train), "0-1000 2000-4000 ");
  EXPECT_EQ(text(sides[0][0].validation), "1000-2000 ");
  EXPECT_EQ(text(sides[0][1].validation), "0-3000 ");
  EXPECT_EQ(text(sides[0][2].train), "100-3000 ");
  // A member of a homology group takes the others along, however it was named.
  for (const std::string name : {"group:x", "four", "five:1-100"}) {
    const Sides group = hold_out_named(*genomes, name);
    EXPECT_EQ(text(group[1][0].validation), "0-900 ") << name;
    EXPECT_EQ(text(group[2][0].validation), "0-900 ") << name;
    EXPECT_TRUE(group[1][0].train.empty() && group[2][0].train.empty()) << name;
  }
  EXPECT_EQ(text(hold_out_named(*genomes, "one:1-200,one:101-300")[0][0].validation), "0-300 ");
}

TEST(Holdout, UnknownNamesAreRefusedWithTheNearest) {
  const ToyFolder folder;
  const auto genomes = open_genomes({folder.genome("a.2bit", {{"chr21", random_letters(900, 1)}})});
  for (const std::string name : {"chr2l", "group:x", "chr21:500-1200"}) {
    EXPECT_THROW(hold_out_named(*genomes, name), InputError) << name;
  }
  try {
    hold_out_named(*genomes, "chr2l");
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("'chr21'"), std::string::npos) << error.what();
  }
}

TEST(Holdout, NoWindowOfOneSideTouchesTheOther) {
  const ToyFolder folder;
  WindowOptions options;
  options.length = 60;
  options.holdout_share = 0.2;
  const WindowPlan plan(open_genomes({folder.genome("a.2bit", {{"one", random_letters(5000, 1)}})}),
                        options);
  for (uint64_t i = 0; i < 2000; ++i) {
    EXPECT_LE(plan.window(Side::kTrain, 1, 0, i).end, 4000 - 60);
    EXPECT_GE(plan.window(Side::kValidation, 1, 0, i).start, 4000);
  }
  EXPECT_EQ(plan.bases(Side::kValidation), 1000);
  EXPECT_EQ(plan.bases(Side::kTrain), 3940);
}

}  // namespace
}  // namespace lexome
