// Distances given others, edits with their controls, recombinants and principal components, by
// hand.
#include "lineages/comparisons.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
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

TEST(PairCorrelation, OfRanksWhereRoundingIsATie) {
  const DistanceMatrix tree = on_a_line({0, 1, 3, 7, 15, 31, 63, 127});
  DistanceMatrix squared = tree, rounded = tree;
  for (double& value : squared.values) value *= value;
  EXPECT_NEAR(pair_correlation(squared, tree), 1, 1e-12);
  const DistanceMatrix even = on_a_line({0, 1, 2, 3, 4, 5});
  rounded = even;
  for (size_t i = 0; i < rounded.values.size(); ++i) {
    rounded.values[i] *= 1 + 1e-15 * static_cast<double>(i % 3);
  }
  EXPECT_NEAR(pair_correlation(rounded, even), 1, 1e-12);
  EXPECT_TRUE(std::isnan(pair_correlation(DistanceMatrix(6), even)));
}

TEST(PartialAgreement, WhatIsLeftWhenOneDistanceIsGiven) {
  const DistanceMatrix tree = on_a_line({0, 1, 3, 7, 15, 31, 63, 127});
  const DistanceMatrix other = on_a_line({5, 90, 11, 60, 2, 37, 70, 24});
  const PartialAgreement same = partial_agreement(tree, tree, {&other}, 199, 1, 2);
  EXPECT_NEAR(same.correlation, 1, 1e-12);
  EXPECT_LE(same.p_value, 0.02);
  // By the formula of partial correlation.
  const DistanceMatrix third = on_a_line({0, 2, 1, 9, 14, 40, 35, 100});
  const PartialAgreement part = partial_agreement(third, tree, {&other}, 99, 1, 1);
  const double with_tree = pair_correlation(third, tree), with = pair_correlation(third, other);
  const double given = pair_correlation(tree, other);
  EXPECT_NEAR(part.correlation,
              (with_tree - with * given) / std::sqrt((1 - with * with) * (1 - given * given)),
              1e-12);
  EXPECT_EQ(part.p_value, partial_agreement(third, tree, {&other}, 99, 1, 2).p_value);
}

// Ranks of pairs by counting, less their mean.
std::vector<double> plain_ranks(const DistanceMatrix& matrix) {
  std::vector<double> values, ranks;
  for (size_t a = 0; a < matrix.size; ++a) {
    for (size_t b = a + 1; b < matrix.size; ++b) values.push_back(matrix.at(a, b));
  }
  for (const double value : values) {
    double below = 0, equal = 0;
    for (const double other : values) below += other < value, equal += other == value;
    ranks.push_back(below + equal / 2 - static_cast<double>(values.size()) / 2);
  }
  return ranks;
}

// Residuals of the least-squares fit of y by two others: the normal equations, by Cramer's rule.
std::vector<double> plain_rest(std::vector<double> y, const std::vector<double>& u,
                               const std::vector<double>& v) {
  double uu = 0, uv = 0, vv = 0, uy = 0, vy = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    uu += u[i] * u[i], uv += u[i] * v[i], vv += v[i] * v[i], uy += u[i] * y[i], vy += v[i] * y[i];
  }
  const double determinant = uu * vv - uv * uv;
  const double on_u = (uy * vv - vy * uv) / determinant, on_v = (vy * uu - uy * uv) / determinant;
  for (size_t i = 0; i < y.size(); ++i) y[i] -= on_u * u[i] + on_v * v[i];
  return y;
}

double cosine(const std::vector<double>& x, const std::vector<double>& y) {
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) xx += x[i] * x[i], yy += y[i] * y[i], xy += x[i] * y[i];
  return xy / std::sqrt(xx * yy);
}

DistanceMatrix scattered(size_t size, uint64_t stream) {
  DistanceMatrix matrix(size);
  Random random(stream, Purpose::kSample);
  for (size_t a = 0; a < size; ++a) {
    for (size_t b = a + 1; b < size; ++b) matrix.at(a, b) = matrix.at(b, a) = random.uniform();
  }
  return matrix;
}

DistanceMatrix sum_of(const DistanceMatrix& a, double times, const DistanceMatrix& b) {
  DistanceMatrix sum = a;
  for (size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += times * b.values[i];
  return sum;
}

TEST(PartialAgreement, PlantedDistances) {
  constexpr size_t kGenomes = 30;
  const DistanceMatrix tree = scattered(kGenomes, 1);
  const DistanceMatrix hamming = sum_of(scattered(kGenomes, 2), 1, tree);
  const DistanceMatrix words = sum_of(scattered(kGenomes, 3), 0.5, hamming);
  const std::vector<const DistanceMatrix*> both = {&hamming, &words};
  const auto oracle = [&](const DistanceMatrix& distance) {
    const std::vector<double> h = plain_ranks(hamming), w = plain_ranks(words);
    return cosine(plain_rest(plain_ranks(distance), h, w), plain_rest(plain_ranks(tree), h, w));
  };
  // Hamming distance and more of the tree.
  const DistanceMatrix telling = sum_of(hamming, 0.5, tree);
  EXPECT_GT(partial_agreement(telling, tree, {&hamming}, 0, 1, 1).correlation, 0.7);
  const PartialAgreement told = partial_agreement(telling, tree, both, 999, 1, 2);
  EXPECT_GT(told.correlation, 0.7);
  EXPECT_NEAR(told.correlation, oracle(telling), 1e-12);
  EXPECT_EQ(told.p_value, 0.001);
  // 6-mers and noise: nothing that they do not say.
  const DistanceMatrix noisy = sum_of(words, 0.05, scattered(kGenomes, 4));
  const PartialAgreement silent = partial_agreement(noisy, tree, both, 999, 1, 2);
  EXPECT_LT(std::abs(silent.correlation), 0.1);
  EXPECT_NEAR(silent.correlation, oracle(noisy), 1e-12);
  EXPECT_GT(silent.p_value, 0.05);
  // 6-mers on another scale: nothing is left, whatever else is given and in whatever order.
  DistanceMatrix scaled = words;
  for (double& value : scaled.values) value = 3 * value * value;
  for (const auto& given : {both, {&words, &hamming}, {&words}}) {
    const PartialAgreement none = partial_agreement(scaled, tree, given, 9, 1, 1);
    EXPECT_TRUE(std::isnan(none.correlation));
    EXPECT_TRUE(std::isnan(none.p_value));
  }
  EXPECT_FALSE(std::isnan(partial_agreement(scaled, tree, {&hamming}, 9, 1, 1).correlation));
  // A distance given twice is given once.
  EXPECT_NEAR(partial_agreement(telling, tree, {&words, &scaled}, 0, 1, 1).correlation,
              partial_agreement(telling, tree, {&words}, 0, 1, 1).correlation, 1e-12);
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
