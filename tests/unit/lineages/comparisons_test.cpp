// Distances given others, edits with their controls, recombinants and principal components, by
// hand.
#include "lineages/comparisons.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;

DistanceMatrix on_a_line(const std::vector<double>& places) {
  DistanceMatrix matrix(places.size());
  for (size_t a = 0; a < places.size(); ++a) {
    for (size_t b = 0; b < places.size(); ++b) matrix.at(a, b) = std::abs(places[a] - places[b]);
  }
  return matrix;
}

TEST(TreeAgreement, WhatIsLeftWhenOneDistanceIsGiven) {
  const DistanceMatrix tree = on_a_line({0, 1, 3, 7, 15, 31, 63, 127});
  const DistanceMatrix other = on_a_line({5, 90, 11, 60, 2, 37, 70, 24});
  const TreeAgreement same = tree_agreement(tree, tree, other, 199, 1, 2);
  EXPECT_DOUBLE_EQ(same.with_tree, 1);
  EXPECT_NEAR(same.partial, 1, 1e-12);
  EXPECT_LE(same.p_value, 0.02);
  // A distance that is the given one adds nothing, and has no p-value.
  const TreeAgreement none = tree_agreement(other, tree, other, 199, 1, 1);
  EXPECT_DOUBLE_EQ(none.with_given, 1);
  EXPECT_TRUE(std::isnan(none.partial));
  // By the formula of partial correlation.
  const DistanceMatrix third = on_a_line({0, 2, 1, 9, 14, 40, 35, 100});
  const TreeAgreement part = tree_agreement(third, tree, other, 99, 1, 1);
  const double given = tree_agreement(tree, other, third, 0, 1, 1).with_tree;
  EXPECT_NEAR(part.partial,
              (part.with_tree - part.with_given * given) /
                  std::sqrt((1 - part.with_given * part.with_given) * (1 - given * given)),
              1e-9);
  EXPECT_EQ(part.p_value, tree_agreement(third, tree, other, 99, 1, 2).p_value);
}

LineageTree flat_tree(const std::vector<std::pair<std::string, Changes>>& leaves) {
  LineageTree tree;
  tree.path = "tree";
  tree.reference = bases_from("ACGTACGTACGTACGTACGTACGTACGTACGTACGTACGT");
  tree.nodes.resize(1);
  tree.nodes[0].last = static_cast<int32_t>(leaves.size());
  for (const auto& [name, changes] : leaves) {
    TreeNode node;
    node.name = name;
    node.parent = 0;
    node.last = static_cast<int32_t>(tree.nodes.size());
    node.leaf = static_cast<int32_t>(tree.leaves.size());
    tree.leaves.push_back(node.last);
    tree.nodes.push_back(node);
    tree.leaf_changes.push_back(changes);
  }
  return tree;
}

TEST(Edits, ControlsAreAlikeAndQuiet) {
  const LineageTree tree = flat_tree({{"a", {{5, kT}, {9, kG}}}});
  const std::vector<Gene> genes = {{"g", {{0, 24}}}};
  const std::vector<EditPlace> places = edit_places(tree, {{5, kT, 0, "C6T"}}, genes, 1);
  ASSERT_EQ(places.size(), 1U);
  // C between A and G at position 5 + 12 n has its place in the codon within the gene; 9 is
  // changed.
  EXPECT_EQ(places[0].controls, (std::vector<uint32_t>{17}));
}

TEST(Edits, CountsWhatReadsOtherwise) {
  const LineageTree tree = flat_tree({{"a", {{5, kT}}}});
  const std::vector<EditPlace> places = {{5, kT, {17, 29}}, {9, kG, {}}};
  // Reads a base as itself, and everything as something else left of a T at position 5.
  const BaseReader reader = [](const std::vector<Bases>& sequences) {
    std::vector<std::vector<std::vector<int32_t>>> read;
    for (const Bases& bases : sequences) {
      std::vector<int32_t> codes(bases.begin(), bases.end());
      if (bases.size() > 5 && bases[5] == kT) codes[2] = 9;
      read.push_back({codes});
    }
    return read;
  };
  const std::vector<EditFinding> found = edit_test(tree.reference, places, reader, 40, 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].sites, 1U);
  EXPECT_EQ(found[0].controls, 2U);
  EXPECT_EQ(found[0].unmatched, 1U);
  EXPECT_DOUBLE_EQ(found[0].at_sites, 2);
  EXPECT_DOUBLE_EQ(found[0].at_controls, 1);
  EXPECT_EQ(found[0].farthest, 3);
  EXPECT_NEAR(found[0].p_value, 1.0 / 3, 0.02);  // the site itself is one of its three places
}

TEST(Recombinants, BreakpointAndParts) {
  const LineageTree tree = flat_tree({{"left", {{3, kA}, {8, kC}, {30, kA}}},
                                      {"right", {{12, kC}, {20, kC}, {25, kA}}},
                                      {"mix", {{3, kA}, {8, kC}, {20, kC}, {25, kA}}},
                                      {"mix.1", {{3, kA}, {20, kC}, {25, kA}}}});
  const Recombination one = read_recombination("mix=left,right", tree);
  EXPECT_EQ(one.telling, 6);
  // 3, 8 and 12 are left's; 20, 25 and 30 are right's.
  EXPECT_EQ(one.from, 13U);
  EXPECT_EQ(one.to, 20U);
  EXPECT_EQ(one.recombinants, (std::vector<size_t>{2, 3}));
  LineageFindings findings;
  compare_recombinants(tree, {"mix=left,right"}, Vocabularies({}), &findings);
  ASSERT_EQ(findings.recombinants.size(), 1U);
  EXPECT_EQ(findings.recombinants[0][0].left, 2U);
  EXPECT_EQ(findings.recombinants[0][0].right, 2U);
  EXPECT_NE(
      message_of<ConfigError>([&] { read_recombination("mix", tree); }).find("NAME=LEFT,RIGHT"),
      std::string::npos);
  EXPECT_NE(message_of<ConfigError>([&] {
              read_recombination("left=left,right", tree);
            }).find("agrees best with left alone"),
            std::string::npos);
}

TEST(Map, PrincipalComponentsByHand) {
  // On a line through (1, 2) with direction (3, 4) / 5, and one point beside it.
  SparseRows rows;
  rows.columns = 2;
  for (const auto& [x, y] : {std::pair{1.0, 2.0}, {4.0, 6.0}, {7.0, 10.0}}) {
    rows.column.insert(rows.column.end(), {0, 1});
    rows.value.insert(rows.value.end(), {x, y});
    rows.begin.push_back(rows.column.size());
  }
  const Components found = principal_components(rows, {0, 1, 2}, 2);
  EXPECT_NEAR(std::abs(found.points[2][0] - found.points[0][0]), 10, 1e-9);
  EXPECT_NEAR(found.points[1][0], 0, 1e-9);
  EXPECT_NEAR(found.shares[0], 1, 1e-9);
  EXPECT_NEAR(found.points[0][1], 0, 1e-5);
}

}  // namespace
}  // namespace lexome
