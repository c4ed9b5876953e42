// Classifiers and probes on genomes small enough to judge by hand.
#include "lineages/classifiers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lineages/features.h"
#include "lineages/probe.h"
#include "report/metrics.h"

namespace lexome {
namespace {

// Two classes on 80 bases; class 1 has another base at position 10. Tested: one of each, of which
// the second misses the position.
LineageTask small_task() {
  LineageTask task;
  for (uint32_t i = 0, state = 1; i < 80; ++i) {
    state = state * 1664525U + 1013904223U;
    task.reference.push_back(static_cast<Base>(state >> 30));
  }
  const auto other = static_cast<Base>((task.reference[10] + 1) % 4);
  task.classes = {"zero", "one"};
  task.genomes = {{"a", 0, -1, {}, -1},
                  {"b", 1, -1, {{10, other}}, -1},
                  {"c", 1, -1, {{10, other}, {70, kN}}, -1},
                  {"t0", 0, -1, {{50, static_cast<Base>((task.reference[50] + 1) % 4)}}, -1},
                  {"t1", 1, -1, {{10, other}}, -1},
                  {"t2", 1, -1, {{10, kN}, {70, kN}}, -1}};
  task.sides[0] = {0, 0, 1, 2};
  task.sides[2] = {3, 4, 5};
  return task;
}

TEST(Classifiers, NearestNeighboursAndOracle) {
  const LineageTask task = small_task();
  const TaskView view = genome_view(task);
  // t2 is equally far from all in Hamming distance: two copies of each class, the first class wins.
  EXPECT_EQ(hamming_nearest(task, view, 2), (std::vector<int32_t>{0, 1, 0}));
  EXPECT_EQ(unknown_nearest(task, view, 1), (std::vector<int32_t>{0, 0, 1}));
  EXPECT_EQ(jaccard_nearest(task, view, 2)[0], 0);
  EXPECT_EQ(jaccard_nearest(task, view, 2)[1], 1);
  const std::vector<DefiningSite> sites = sites_of_training(task);
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0].position, 10U);
  EXPECT_EQ(sites[0].label, 1);
  EXPECT_EQ(oracle(task, view, sites), (std::vector<int32_t>{0, 1, 0}));
}

TEST(Classifiers, BoundOfEqualWindows) {
  LineageTask task = small_task();
  const TaskView view = window_view(task, windows_of(80, 40));
  ASSERT_EQ(view.sides[2].size(), 6U);
  // No window of t0, t1 and t2 equals another's at its place.
  const ReaderBound apart = reader_bound(task, view.sides[2]);
  EXPECT_EQ(apart.f1, (std::vector<double>{1, 1}));
  // Let all second windows equal the reference's. Zero calls its first window alone, or both
  // places: 2/3 against 4/6. One calls its first two, or all but t0's first: 4/6 against 8/9.
  task.genomes[3].changes.clear();
  task.genomes[5].changes = {{10, kN}};
  const ReaderBound bound = reader_bound(task, view.sides[2]);
  EXPECT_DOUBLE_EQ(bound.f1[0], 2.0 / 3);
  EXPECT_DOUBLE_EQ(bound.f1[1], 8.0 / 9);
  EXPECT_DOUBLE_EQ(bound.macro_f1, (2.0 / 3 + 8.0 / 9) / 2);
  EXPECT_DOUBLE_EQ(bound.accuracy, 5.0 / 6);
  // Every way to answer stays below it.
  for (int answers = 0; answers < 16; ++answers) {
    std::vector<int32_t> guesses;
    for (const int group : {0, 1, 2, 1, 3, 1}) guesses.push_back((answers >> group) & 1);
    std::vector<int32_t> truth;
    for (const ViewItem& item : view.sides[2]) truth.push_back(item.label);
    EXPECT_LE(macro_f1(confusion_matrix(truth, guesses, 2)), bound.macro_f1 + 1e-12);
  }
}

TEST(Classifiers, EqualSequencesAreReadOnce) {
  const LineageTask task = small_task();
  const TaskView view = window_view(task, windows_of(80, 40));
  const DistinctBases distinct = distinct_bases(task, view);
  EXPECT_EQ(distinct.of_item[0][0], distinct.of_item[0][2]);  // genome 0 stands twice
  EXPECT_EQ(distinct.of_item[0][1], distinct.of_item[0][5]);  // b's second window is a's
}

TEST(Features, SharesOfWords) {
  const std::vector<Bases> sequences = {bases_from("AACN"), bases_from("ACAC")};
  const FeatureRows bases = base_features(sequences);
  EXPECT_EQ(bases.rows.columns, 4U);
  EXPECT_DOUBLE_EQ(bases.rows.value[0], 2.0 / 3);
  const FeatureRows words = word_features(sequences, 2);  // AA AC; AC CA AC
  EXPECT_DOUBLE_EQ(words.rows.value[0], 0.5);
  EXPECT_DOUBLE_EQ(words.rows.value[2], 2.0 / 3);
}

SparseRows dense_rows(const std::vector<std::vector<double>>& values) {
  SparseRows rows;
  rows.columns = values[0].size();
  for (const auto& row : values) {
    for (size_t c = 0; c < row.size(); ++c) {
      rows.column.push_back(static_cast<uint32_t>(c));
      rows.value.push_back(row[c]);
    }
    rows.begin.push_back(rows.column.size());
  }
  return rows;
}

TEST(Probe, LinearProbeAndNeighbours) {
  // The first column tells the classes, by a thousandth of its size; the second does not vary.
  const SparseRows rows =
      dense_rows({{10.00, 1}, {10.01, 1}, {10.03, 1}, {10.04, 1}, {10.002, 1}, {10.038, 1}});
  ProbeRows probe;
  probe.rows = &rows;
  probe.classes = 2;
  probe.items[0] = {0, 1, 2, 3};
  probe.labels[0] = {0, 0, 1, 1};
  probe.items[1] = probe.items[2] = {4, 5};
  probe.labels[1] = probe.labels[2] = {0, 1};
  EXPECT_EQ(linear_probe(probe, 1).guesses, (std::vector<int32_t>{0, 1}));
  EXPECT_DOUBLE_EQ(linear_probe(probe, 1).c, 1);
  EXPECT_EQ(neighbour_guesses(probe, 2, 1), (std::vector<int32_t>{0, 1}));
}

TEST(Probe, SilhouetteByHand) {
  // On a line: 0 and 1 of class 0, 4 of class 1 (alone, so 0).
  const SparseRows rows = dense_rows({{0}, {1}, {4}});
  const double zero = ((4 - 1) / 4.0 + (3 - 1) / 3.0) / 2;
  EXPECT_NEAR(silhouette(rows, {0, 1, 2}, {0, 0, 1}, 2, 1), zero / 2, 1e-12);
  EXPECT_TRUE(std::isnan(silhouette(rows, {0, 1}, {0, 0}, 2, 1)));
}

TEST(Probe, JensenShannonInBits) {
  const SparseRows rows = dense_rows({{1, 0}, {0, 1}, {0.5, 0.5}});
  EXPECT_DOUBLE_EQ(jensen_shannon(rows, 0, 1), 1);
  EXPECT_DOUBLE_EQ(jensen_shannon(rows, 0, 0), 0);
  EXPECT_NEAR(jensen_shannon(rows, 0, 2), 0.311278, 1e-6);
  const SparseRows means = class_means(rows, {0, 1, 2}, {0, 0, 1}, 2);
  EXPECT_EQ(means.value, (std::vector<double>{0.5, 0.5, 0.5, 0.5}));
}

}  // namespace
}  // namespace lexome
