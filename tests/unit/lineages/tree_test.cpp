// Trees, splits, sites and labels of a made-up virus of 61 bases, checked by hand.
#include "lineages/tree.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "lineages/align.h"
#include "lineages/constellations.h"
#include "lineages/split.h"
#include "lineages/task.h"
#include "lineages/view.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::spill;
using lexome_test::TemporaryFolder;

// Starts with ATG GCT (M A).
const std::string kReference = "ATGGCTACGTACGTTAGCATCGATCGGATTACAGGCATCGTTAACCGGTTACGATCGATTA";

std::string node(const std::string& name, const std::string& mutations, const std::string& rest) {
  return "{\"name\":\"" + name + "\",\"branch_attrs\":{\"mutations\":{\"nuc\":[" + mutations +
         "]}}," + rest + "}";
}
std::string leaf(const std::string& name, const std::string& mutations, const std::string& label) {
  return node(name, mutations, "\"node_attrs\":{\"clade\":{\"value\":\"" + label + "\"}}");
}
std::string tree_text(const std::string& root) {
  return "{\"tree\":" + root + ",\"root_sequence\":{\"nuc\":\"" + kReference + "\"}}";
}

LineageTree read_text(const std::string& text) {
  const TemporaryFolder folder;
  spill(folder / "tree.json", text);
  return read_lineage_tree(folder / "tree.json", "");
}

// a1 and a2 share A1C; a2 has it turned back and position 2 deleted; b1 stands alone.
LineageTree small_tree() {
  return read_text(tree_text(node("root", "",
                                  "\"children\":[" +
                                      node("inner", "\"A1C\"",
                                           "\"children\":[" + leaf("a1", "\"G3T\"", "A") + "," +
                                               leaf("a2", "\"C1A\",\"T2-\"", "A") + "]") +
                                      "," + leaf("b1", "\"C5T\"", "B") + "]")));
}

TEST(LineageTree, GenomesFollowFromThePath) {
  const LineageTree tree = small_tree();
  ASSERT_EQ(tree.leaves.size(), 3U);
  EXPECT_EQ(tree.leaf_changes[0], (Changes{{0, kC}, {2, kT}}));
  EXPECT_EQ(tree.leaf_changes[1], (Changes{{1, kN}}));
  EXPECT_EQ(tree.leaf_changes[2], (Changes{{4, kT}}));
  EXPECT_EQ(tree_distance(tree, 0, 1), 2);  // G3T, C1A; a deletion is no substitution
  EXPECT_EQ(tree_distance(tree, 0, 2), 3);
  const Span all{0, 61};
  const Difference apart = difference(tree.leaf_changes[0], tree.leaf_changes[1], all);
  EXPECT_EQ(apart.substitutions, 2);
  EXPECT_EQ(apart.compared, 60);
  EXPECT_EQ(to_letters(bases_of(tree.reference, tree.leaf_changes[1], {0, 5})), "ANGGC");
}

TEST(LineageTree, AnotherReferenceIsNamed) {
  const std::string message =
      message_of<InputError>([] { read_text(tree_text(leaf("x", "\"G1C\"", "A"))); });
  EXPECT_NE(message.find("node x: mutation G1C expects G at position 1, but A stands there"),
            std::string::npos)
      << message;
  EXPECT_NE(message_of<InputError>([] {
              read_text(tree_text(leaf("x", "\"A62C\"", "A")));
            }).find("outside the reference"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([] { read_text("{\"tree\":3}"); }).find("no tree"),
            std::string::npos);
}

// Two subtrees of a class, 12 substitutions apart, and a genome near both.
std::string mutations(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    const char is = kReference[static_cast<size_t>(i)];
    const char becomes = is == 'A' ? 'C' : is == 'C' ? 'A' : is == 'G' ? 'T' : 'G';
    text +=
        (text.empty() ? "\"" : ",\"") + std::string(1, is) + std::to_string(i + 1) + becomes + "\"";
  }
  return text;
}

LineageTree split_tree() {
  return read_text(tree_text(node(
      "root", "",
      "\"children\":[" + leaf("near", "", "A") + "," +
          node("left", mutations(0, 6),
               "\"children\":[" + leaf("l1", "", "A") + "," + leaf("l2", mutations(6, 7), "A") +
                   "," + leaf("l3", mutations(7, 8), "A") + "]") +
          "," + leaf("r1", mutations(20, 26), "A") + "," + leaf("b1", mutations(40, 60), "B") +
          "," + leaf("b2", mutations(41, 60), "B") + "," + leaf("c1", mutations(28, 40), "C") +
          "]")));
}

TEST(SubtreeSplit, KeepsTheSidesApart) {
  const LineageTree tree = split_tree();
  const SubtreeSplit split = split_by_subtree(tree, {0, 0, 0, 0, 0, 1, 1, -1}, {"A", "B"}, 2);
  std::vector<LineageSide> sides;
  for (const SplitGenome& one : split.genomes) sides.push_back(one.side);
  // r1 is 12 or more from l1, l2 and l3 and 6 from near, which is left out; B's are one apart.
  using enum LineageSide;
  EXPECT_EQ(sides, (std::vector{kNear, kTrain, kTrain, kTrain, kTest, kNear, kNear}));
  EXPECT_EQ(split.unsplit, (std::vector<int32_t>{1}));
  const std::string message = message_of<InputError>([&] {
    split_by_subtree(tree, {0, 0, 0, 0, 0, -1, -1, 1}, {"A", "C"}, 1);
  });
  EXPECT_NE(message.find("class C has one genome (c1)"), std::string::npos) << message;
}

TEST(SubtreeSplit, CloseSubtreesAreAsLargeAsMayBe) {
  const LineageTree tree = split_tree();
  // near + left are at most 7 apart, but r1 is 12 from l1; the root's children stand alone then.
  EXPECT_EQ(close_subtrees(tree, {0, 0, 0, 0, 0, 1, 1, -1}),
            (std::vector<std::vector<int32_t>>{{0}, {1, 2, 3}, {4}, {5}, {6}}));
}

TEST(Task, BalancesByRepeating) {
  const LineageTree tree = split_tree();
  LineageLabels labels;
  labels.classes = {"A", "B"};
  labels.of_leaf = {0, 0, 0, 0, 0, 1, 1, -1};
  std::vector<Isolate> isolates = {{"i1", "A", tree.leaf_changes[1]}, {"i2", "B", {}}};
  const LineageTask task = isolate_task(tree, labels, isolates, 20, 1);
  // Five of A: one chooses, four are learned; two of B, repeated to four.
  EXPECT_EQ(task.sides[0].size(), 8U);
  EXPECT_EQ(task.sides[1].size(), 1U);
  EXPECT_EQ(task.sides[2].size(), 2U);
  int of_b = 0;
  for (const size_t g : task.sides[0]) of_b += task.genomes[g].label == 1;
  EXPECT_EQ(of_b, 4);
  isolates.pop_back();
  EXPECT_NE(message_of<InputError>([&] {
              isolate_task(tree, labels, isolates, 20, 1);
            }).find("without: B"),
            std::string::npos);
}

TEST(Task, WindowsAndSites) {
  const std::vector<Span> windows = windows_of(60, 25);
  ASSERT_EQ(windows.size(), 2U);  // ten bases at the end are less than half
  EXPECT_EQ(windows[1].end, 50U);
  EXPECT_EQ(windows_of(65, 25).back().length(), 15U);
  const LineageTree tree = split_tree();
  LineageLabels labels;
  labels.classes = {"A", "B"};
  labels.of_leaf = {-1, 0, 0, 0, -1, 1, 1, -1};
  const std::vector<Isolate> isolates = {{"i1", "A", {}}, {"i2", "B", {}}};
  const LineageTask task = isolate_task(tree, labels, isolates, 20, 1);
  int of_a = 0, of_b = 0;
  for (const DefiningSite& site : sites_of_training(task)) (site.label == 0 ? of_a : of_b)++;
  EXPECT_EQ(of_a, 6);   // the stem of l1, l2 and l3, and nothing that one of them has
  EXPECT_EQ(of_b, 19);  // b1's own first mutation is half of the class
}

TEST(Constellations, AgreeWithTheReferenceOrSayWhere) {
  const TemporaryFolder folder;
  spill(folder / "genes.gff", "##gff-version 3\nx\t.\tgene\t1\t30\t.\t+\t.\tgene_name=S\n");
  const Bases reference = bases_from(kReference);
  const std::vector<Gene> genes = read_genes({folder / "genes.gff"}, reference.size());
  ASSERT_EQ(genes.size(), 1U);
  EXPECT_EQ(codon_positions(genes[0], 2), (std::vector<uint32_t>{3, 4, 5}));
  EXPECT_EQ(amino_acid(kA, kT, kG), 'M');
  EXPECT_EQ(amino_acid(kT, kA, kA), '*');
  EXPECT_EQ(gene_place(genes, 4).codon, 1);
  EXPECT_EQ(gene_place(genes, 40).gene, -1);
  std::filesystem::create_directory(folder / "c");
  const auto write = [&](const std::string& sites) {
    spill(folder / "c/one.json",
          "{\"variant\":{\"mrca_lineage\":\"a1\",\"WHO_label\":\"A\"},\"sites\":[" + sites + "]}");
  };
  write("\"nuc:A1C\",\"spike:A2V\",\"del:5:3\",\"s:M1-\",\"8:Q27*\",\"nuc:9+ACG\"");
  const auto read = read_constellations(folder / "c", genes, reference);
  ASSERT_EQ(read.size(), 1U);
  ASSERT_EQ(read[0].sites.size(), 2U);
  EXPECT_EQ(read[0].sites[1].positions, (std::vector<uint32_t>{3, 4, 5}));
  EXPECT_EQ(read[0].left_out, 4);
  write("\"s:K2V\"");
  const std::string message =
      message_of<InputError>([&] { read_constellations(folder / "c", genes, reference); });
  EXPECT_NE(message.find("site s:K2V expects K at codon 2 of S, but the reference has A there "
                         "(positions 4-6, GCT)"),
            std::string::npos)
      << message;
  write("\"nuc:T1C\"");
  EXPECT_NE(message_of<InputError>([&] {
              read_constellations(folder / "c", genes, reference);
            }).find("expects T at position 1, but the reference has A"),
            std::string::npos);
}

TEST(Align, GlobalAlignmentByHand) {
  EXPECT_EQ(global_alignment(bases_from("ACGT"), bases_from("AGT")),
            (std::vector<int64_t>{0, -1, 1, 2}));
  EXPECT_EQ(global_alignment(bases_from("AC"), bases_from("ATC")), (std::vector<int64_t>{0, 2}));
}

TEST(Align, IsolatesAreLaidAgainstTheReference) {
  Bases reference;
  for (uint64_t i = 0, state = 88172645463325252ULL; i < 3000; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    reference.push_back(static_cast<Base>(state % 4));
  }
  const ReferenceAligner aligner(reference);
  EXPECT_TRUE(aligner.align(reference, "same").empty());
  Bases genome = reference;
  const Base was = genome[1500];
  genome[1500] = static_cast<Base>((was + 1) % 4);
  std::fill(genome.begin() + 2000, genome.begin() + 2100, kN);
  genome.insert(genome.begin() + 1000, {kA, kC, kC});        // left out
  genome.erase(genome.begin() + 500, genome.begin() + 506);  // unknown
  genome.erase(genome.begin(), genome.begin() + 10);         // unknown
  const Changes changes = aligner.align(genome, "changed");
  int64_t unknown = 0;
  Changes substitutions;
  for (const Change& change : changes) {
    unknown += change.base == kN;
    if (change.base != kN) substitutions.push_back(change);
  }
  EXPECT_EQ(unknown, 10 + 6 + 100);
  EXPECT_EQ(substitutions, (Changes{{1500, static_cast<Base>((was + 1) % 4)}}));
  EXPECT_NE(message_of<InputError>([&] {
              aligner.align(Bases(3000, kA), "other");
            }).find("other: cannot be laid"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
