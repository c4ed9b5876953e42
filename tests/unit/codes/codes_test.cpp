// Analyses of codes on labels whose answers are known: planted annotations, nested levels, windows
// with one telling place, labels that strand maps to each other.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/file.h"
#include "base/random.h"
#include "codes/analysis.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::TemporaryFolder;

Stretch random_stretch(const std::string& contig, int64_t length, uint64_t key) {
  Random random(3, Purpose::kTest, key);
  Stretch stretch;
  stretch.contig = contig;
  for (int64_t i = 0; i < length; ++i) stretch.bases.push_back(static_cast<Base>(random.below(4)));
  return stretch;
}

// Labels that are the base `offset` places on; none where that is N.
Labelling bases_as_labels(const std::vector<Stretch>& stretches, int64_t offset, int64_t reach) {
  Labelling out;
  out.name = "planted";
  out.codes = 4;
  out.reach = reach;
  for (const Stretch& stretch : stretches) {
    std::vector<int32_t> labels(stretch.bases.size(), -1);
    for (int64_t i = 0; i + offset < static_cast<int64_t>(labels.size()); ++i) {
      const Base base = stretch.bases[static_cast<size_t>(i + offset)];
      if (base != kN) labels[static_cast<size_t>(i)] = base;
    }
    out.labels.push_back(std::move(labels));
  }
  return out;
}

TEST(CodeUse, CountsAndPerplexity) {
  Labelling labelling;
  labelling.codes = 8;
  labelling.labels = {{0, 1, 2, 3, -1}, {0, 1, 2, 3}};
  const CodeUse use = code_use(labelling);
  EXPECT_EQ(use.bases, 8);
  EXPECT_EQ(use.used, 4);
  EXPECT_NEAR(use.perplexity(), 4.0, 1e-9);
}

TEST(CodeProfiles, TellTheBaseThatLabelsStandFor) {
  std::vector<Stretch> stretches = {random_stretch("one", 40000, 1)};
  stretches[0].bases[500] = kN;
  const CodeProfiles found = code_profiles(stretches, bases_as_labels(stretches, 2, 3));
  ASSERT_EQ(found.information.size(), 7U);
  for (size_t i = 0; i < 7; ++i) EXPECT_NEAR(found.information[i], i == 5 ? 2.0 : 0.0, 2e-3) << i;
  ASSERT_EQ(found.profiles.size(), 5U - 1U);
  for (const CodeProfile& profile : found.profiles) {
    EXPECT_GT(profile.columns[5][static_cast<size_t>(profile.label)], 0.999);
    EXPECT_EQ(told_columns(profile.columns).size(), 1U);
  }
}

TEST(WordLabels, AreFunctionsOfStrand) {
  const std::vector<Stretch> stretches = {random_stretch("one", 300000, 2)};
  const Labelling words = word_labels(stretches);
  const Bases& bases = stretches[0].bases;
  int32_t expected = 0;
  for (size_t i = 0; i < 6; ++i) expected = 4 * expected + bases[100 + i];
  EXPECT_EQ(words.labels[0][102], expected);
  const StrandAnswer answer = strand_answer(stretches, words);
  EXPECT_GT(answer.tried, 100000);
  EXPECT_GT(answer.by_label, 0.9999);
  EXPECT_LT(answer.by_triplet, 0.1);
  EXPECT_NEAR(answer.entropy, 12.0, 0.1);
}

class Annotated : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Annotated, PlantedEnrichmentIsFoundAndNothingElse) {
  std::vector<Stretch> stretches = {random_stretch("one", 60000, 5),
                                    random_stretch("two", 30000, 6)};
  stretches[1].start = 1000;  // a piece of its contig
  // 200 bases every 3,000; label 3 stands there twice as often.
  std::string bed;
  Labelling planted;
  planted.codes = 40;
  for (size_t s = 0; s < 2; ++s) {
    const auto length = static_cast<int64_t>(stretches[s].bases.size());
    std::vector<int32_t> labels;
    Random random(4, Purpose::kTest, s);
    for (int64_t i = 0; i < length; ++i) {
      const bool inside = i % 3000 < 200;
      labels.push_back(random.chance(inside ? 0.2 : 0.02) ? 3
                                                          : static_cast<int32_t>(random.below(40)));
    }
    planted.labels.push_back(labels);
    for (int64_t at = 0; at < length; at += 3000) {
      const int64_t start = at + stretches[s].start;
      bed += stretches[s].contig + "\t" + std::to_string(start) + "\t" +
             std::to_string(start + 200) + "\tplanted\n";
    }
  }
  bed += "other\t5\t10\tplanted\none\t0\t60000\tall\ntwo\t0\t900\tbefore\n";
  write_text_file(folder_ / "a.bed", bed);
  std::vector<std::string> left_out;
  const std::vector<Annotation> annotations =
      read_annotations({folder_ / "a.bed"}, stretches, &left_out);
  ASSERT_EQ(annotations.size(), 2U);
  EXPECT_EQ(left_out, std::vector<std::string>{"before"});
  EXPECT_EQ(annotations[1].name, "planted");
  EXPECT_EQ(annotations[1].bases, 30 * 200);
  ShiftOptions options;
  options.shifts = 400;
  options.threads = 3;
  const AnnotationFindings found = annotation_enrichment(planted, annotations, options);
  ASSERT_GT(found.found, 0U);
  EXPECT_EQ(found.labels[0].label, 3);
  EXPECT_EQ(found.labels[0].annotation, 1U);
  // No shift of 400 does as well on either side, and forty labels are tested: q can be no smaller.
  EXPECT_LE(found.labels[0].q_value, 40 * 2.0 / 401 + 1e-12);
  // Shifts that lay windows on windows find part of what is planted: of every 3,000, 400 do, so
  // that the share found has mean 1/15 and deviation 0.2 a stretch. Stretches of 2:1 make z = 3
  // (14/15) / (0.2 sqrt(5)) = 6.3.
  EXPECT_NEAR(found.labels[0].z(), 6.3, 1.2);
  EXPECT_LT(found.labels[1].z(), 4.5);
  EXPECT_LT(found.information[1].p_value, 0.01);
  EXPECT_GT(found.information[1].observed, 1.5 * found.information[1].shifted);
  options.threads = 1;
  const AnnotationFindings again = annotation_enrichment(planted, annotations, options);
  for (size_t i = 0; i < found.labels.size(); ++i) {
    EXPECT_EQ(found.labels[i].label, again.labels[i].label);
    EXPECT_EQ(found.labels[i].p_value, again.labels[i].p_value);
    EXPECT_EQ(found.labels[i].expected, again.labels[i].expected);
  }
}

TEST_F(Annotated, ManyNamesAreTakenByWhatStandsBeforeTheColon) {
  const std::vector<Stretch> stretches = {random_stretch("one", 50000, 8)};
  std::string bed;
  for (int i = 0; i < 60; ++i) {
    bed += "one\t" + std::to_string(500 * i) + "\t" + std::to_string(500 * i + 10) + "\t" +
           (i % 3 == 0 ? "exon:" : "motif:") + std::to_string(i) + "\n";
  }
  write_text_file(folder_ / "truth.bed", bed);
  std::vector<std::string> left_out;
  const auto annotations = read_annotations({folder_ / "truth.bed"}, stretches, &left_out);
  ASSERT_EQ(annotations.size(), 2U);
  EXPECT_EQ(annotations[0].name, "exon");
  EXPECT_EQ(annotations[0].bases, 200);
  EXPECT_EQ(annotations[1].name, "motif");
  EXPECT_EQ(annotations[1].bases, 400);
}

// The oracle of shifts: an annotation over a share of the bases holds that share of a label.
TEST_F(Annotated, ShiftsExpectTheShareCovered) {
  const std::vector<Stretch> stretches = {random_stretch("one", 50000, 7)};
  write_text_file(
      folder_ / "g.gff3",
      "one\tx\texon\t1\t10000\t.\t+\t.\tID=a\none\tx\texon\t5001\t15000\t.\t+\t.\tID=b\n");
  std::vector<std::string> left_out;
  const auto annotations = read_annotations({folder_ / "g.gff3"}, stretches, &left_out);
  ASSERT_EQ(annotations.size(), 1U);
  EXPECT_EQ(annotations[0].name, "exon");
  EXPECT_EQ(annotations[0].bases, 15000);
  const Labelling labels = bases_as_labels(stretches, 0, 1);
  const AnnotationFindings found = annotation_enrichment(labels, annotations, {});
  const CodeUse use = code_use(labels);
  for (const LabelEnrichment& one : found.labels) {
    const double count = static_cast<double>(use.counts[static_cast<size_t>(one.label)]);
    EXPECT_NEAR(one.expected, 0.3 * count, 0.01 * count);
    EXPECT_GT(one.q_value, 0.001);
  }
}

TEST(LevelPairs, NestedAndFreeLevelsAreToldApart) {
  const std::vector<Stretch> stretches = {random_stretch("one", 30000, 8)};
  Labelling coarse, nested, free;
  coarse.codes = 8;
  nested.codes = free.codes = 32;
  Random random(5, Purpose::kTest);
  std::vector<int32_t> a, b, c;
  for (size_t i = 0; i < 30000; ++i) {
    a.push_back(static_cast<int32_t>(random.below(8)));
    b.push_back(4 * a.back() + static_cast<int32_t>(random.below(4)));
    c.push_back(static_cast<int32_t>(random.below(32)));
  }
  coarse.labels = {a};
  nested.labels = {b};
  free.labels = {c};
  const LevelPair tree = level_pair(stretches, coarse, nested, 1);
  EXPECT_TRUE(tree.nested);
  EXPECT_NEAR(tree.nesting.observed, 1.0, 1e-12);
  EXPECT_NEAR(tree.information.observed, 3.0, 0.01);
  EXPECT_NEAR(tree.conditional, 2.0, 0.01);
  EXPECT_LT(tree.information.free_most, 0.02);
  const LevelPair none = level_pair(stretches, coarse, free, 1);
  EXPECT_LT(none.information.observed - none.information.free_mean, 0.002);
  EXPECT_NEAR(none.nesting.observed, none.nesting.local_mean, 0.01);
  int64_t shown = 0;
  for (const auto& row : tree.counts)
    for (const int64_t count : row) shown += count;
  EXPECT_EQ(shown, 29998);
}

// Both levels are the base in the middle: pairs say nothing beyond the bases themselves.
TEST(LevelPairs, WhatBasesExplainIsNoNesting) {
  const std::vector<Stretch> stretches = {random_stretch("one", 20000, 9)};
  const Labelling both = bases_as_labels(stretches, 0, 1);
  const LevelPair pair = level_pair(stretches, both, both, 1);
  EXPECT_NEAR(pair.information.observed, 2.0, 0.01);
  EXPECT_LT(pair.information.free_most, 0.01);
  EXPECT_NEAR(pair.information.local_mean, pair.information.observed, 1e-9);
  EXPECT_FALSE(pair.nested);
}

TEST(CodesReport, SaysWhatStandsBeside) {
  std::vector<Stretch> stretches = {random_stretch("one", 20000, 11)};
  Labelling level = bases_as_labels(stretches, 1, 3);
  level.name = "codes";
  level.level = 1;
  Labelling untrained = bases_as_labels(stretches, 0, 3);
  untrained.name = "untrained";
  untrained.kind = LabelKind::kUntrained;
  untrained.level = 1;
  CodesRequest request;
  request.shifts = 100;
  CodesFindings findings = read_references(stretches, request, {"note"});
  analyze_labellings(stretches, {level, untrained, word_labels(stretches)}, request, &findings);
  const std::string page = page_markdown({"Codes", ""}, code_sections(findings));
  for (const char* words : {"codes: 4 of 4 used", "untrained 2.00", "6-mers", "note"})
    EXPECT_NE(page.find(words), std::string::npos) << words << "\n" << page;
  std::set<std::string> names;
  for (const auto& [name, table] : code_tables(findings)) {
    names.insert(name);
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << name;
    EXPECT_EQ(table.numeric.size(), table.columns.size()) << name;
  }
  EXPECT_EQ(names.count("use"), 1U);
}

}  // namespace
}  // namespace lexome
