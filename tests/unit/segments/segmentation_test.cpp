// Cuts from tokenizers, rulers and counts, and lengths and reading frames of known cuts.
#include "segments/segmentation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lexome/error.h"
#include "segments/agreement.h"
#include "segments/class_lengths.h"
#include "segments/codon_phase.h"
#include "segments/landmarks.h"
#include "temporary_folder.h"
#include "toy_regions.h"
#include "vocab/kmer.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

using lexome_test::random_region;
using lexome_test::TemporaryFolder;

class Segments : public testing::Test {
 protected:
  Segments() {
    std::string letters;
    for (const Base base : random_region(3000, 1).bases) letters += "acgt"[base];
    for (size_t i = 0; i < 1500; ++i) letters[i] = static_cast<char>(std::toupper(letters[i]));
    lexome_test::spill(folder_ / "g.fa",
                       ">one\n" + letters + "\n>two\n" + letters.substr(0, 90) + "\n");
    genome_ = std::make_unique<Genome>(
        Genome::open(folder_ / "g.fa", {.alias = false, .cache_dir = folder_.path().string()}));
  }
  std::vector<Studied> regions(std::vector<Interval> where) const {
    return studied_regions(*genome_, std::move(where));
  }
  TemporaryFolder folder_;
  std::unique_ptr<Genome> genome_;
};

TEST_F(Segments, RegionsThatOverlapCountOnce) {
  const auto found = regions({{"one", 100, 300, '.'}, {"one", 200, 400, '.'}, {"two", 5, 9, '.'}});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].where.start, 100);
  EXPECT_EQ(found[0].where.end, 400);
  EXPECT_EQ(found[0].bases.size(), 300u);
  EXPECT_EQ(regions({}).size(), 2u);
}

TEST_F(Segments, TokensCutWhereTheyMeet) {
  const auto found = regions({{"one", 100, 130, '.'}, {"one", 1000, 1010, '.'}});
  const auto kmers = make_kmer({.k = 6, .stride = 6});
  const Segmentation cuts = segment("6-mers", *kmers, 0, *genome_, found, 2);
  EXPECT_EQ(cuts.none, "");
  ASSERT_EQ(cuts.cuts.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    for (const int64_t cut : cuts.cuts[i]) EXPECT_EQ(cut % 6, 0);
  }
  EXPECT_EQ(cuts.cuts[0].size(), 5u);  // 102 108 114 120 126
  EXPECT_EQ(cuts.cuts[1].size(), 2u);  // 1002 1008
  EXPECT_NE(segment("o", *make_kmer({.k = 6}), 0, *genome_, found, 1).none, "");
  EXPECT_NE(segment("n", *make_nucleotide(), 0, *genome_, found, 1).none, "");
}

TEST_F(Segments, RulersAreAnchoredAtTheContig) {
  const auto found = regions({{"one", 100, 112, '.'}});
  EXPECT_EQ(ruler(3, 0, found).cuts[0], (std::vector<int64_t>{102, 105, 108, 111}));
  EXPECT_EQ(ruler(3, 1, found).cuts[0], (std::vector<int64_t>{103, 106, 109}));
  EXPECT_EQ(ruler(3, 2, found).cuts[0], (std::vector<int64_t>{101, 104, 107, 110}));
}

TEST_F(Segments, BedEdgesAreCuts) {
  lexome_test::spill(folder_ / "s.bed", "one\t0\t104\none\t104\t107\none\t107\t2000\n");
  EXPECT_EQ(
      segments_of_bed("s", folder_ / "s.bed", *genome_, regions({{"one", 100, 112, '.'}})).cuts[0],
      (std::vector<int64_t>{104, 107}));
}

TEST_F(Segments, LengthsByClass) {
  const auto found = regions({{"one", 0, 3000, '.'}});
  Segmentation cuts;
  cuts.cuts = {{}};
  for (int64_t at = 2; at < 1500; at += 2) cuts.cuts[0].push_back(at);
  for (int64_t at = 1500; at < 3000; at += 5) cuts.cuts[0].push_back(at);
  // Lower case is the second half.
  const Landmarks landmarks = read_landmarks(*genome_, found, {}, "");
  const auto lengths = class_lengths(found, cuts, landmarks.classes);
  ASSERT_EQ(lengths.size(), 2u);
  EXPECT_EQ(lengths[0].units, 750 + 300);
  EXPECT_EQ(lengths[1].name, "repeat (soft mask)");
  EXPECT_EQ(lengths[1].units, 300);
  EXPECT_DOUBLE_EQ(lengths[1].mean, 5);
  EXPECT_DOUBLE_EQ(lengths[1].shares[4], 1);
}

TEST_F(Segments, FramesOfGffGenes) {
  // Two coding exons on each strand; the second one's frame follows from the first one's length.
  lexome_test::spill(
      folder_ / "g.gff3",
      "one\tx\tgene\t101\t400\t.\t+\t.\tID=a\none\tx\tCDS\t101\t200\t.\t+\t0\tParent=a1\n"
      "one\tx\tCDS\t251\t400\t.\t+\t2\tParent=a1\none\tx\tCDS\t351\t400\t.\t+\t0\tParent=a2\n"
      "one\tx\tgene\t1001\t1200\t.\t-\t.\tID=b\none\tx\tCDS\t1001\t1050\t.\t-\t1\tParent=b1\n"
      "one\tx\tCDS\t1101\t1200\t.\t-\t0\tParent=b1\n");
  const auto found = regions({{"one", 0, 3000, '.'}});
  const Landmarks landmarks = read_landmarks(*genome_, found, {folder_ / "g.gff3"}, "");
  ASSERT_EQ(landmarks.genes.size(), 1u) << "250 coding bases are no whole codons, 150 are";
  const CodingGene& gene = landmarks.genes[0];
  EXPECT_EQ(gene.strand, '-');
  ASSERT_EQ(gene.parts.size(), 2u);
  EXPECT_EQ(gene.parts[1].phase, 0);
  EXPECT_EQ(gene.parts[0].phase, 100 % 3);
  EXPECT_EQ(phase_at(gene.parts[1], '-', 1200), 0);
  EXPECT_EQ(phase_at(gene.parts[1], '-', 1199), 1);
  Segmentation codons;
  codons.cuts = {{}};
  for (const CodingPart& part : gene.parts) {
    for (const int64_t at : codon_boundaries(part, '-')) codons.cuts[0].push_back(at);
  }
  const CodonPhases exact = codon_phases(codons, landmarks.genes, 1);
  EXPECT_DOUBLE_EQ(exact.in_phase.value, 1);
  EXPECT_DOUBLE_EQ(exact.across_introns.value, 1);
  // An intron of 50 bases moves a ruler out of frame.
  EXPECT_DOUBLE_EQ(codon_phases(ruler(3, 0, found), landmarks.genes, 1).across_introns.value, 0);
  const auto has = [&](const std::string& name) {
    return std::any_of(landmarks.classes.begin(), landmarks.classes.end(),
                       [&](const BaseClass& one) { return one.name == name; });
  };
  for (const char* name : {"gene", "exon", "intron", "promoter", "intergenic"})
    EXPECT_TRUE(has(name)) << name;
}

TEST_F(Segments, SpliceSitesNeedNoGeneLine) {
  lexome_test::spill(folder_ / "bare.gff3",
                     "one\tx\texon\t101\t200\t.\t+\t.\tParent=a1\n"
                     "one\tx\texon\t301\t400\t.\t+\t.\tParent=a1\n"
                     "one\tx\tgene\t1001\t1200\t.\t-\t.\tID=b\n");
  const auto found = regions({{"one", 0, 3000, '.'}});
  const Landmarks landmarks = read_landmarks(*genome_, found, {folder_ / "bare.gff3"}, "");
  ASSERT_EQ(landmarks.landmarks.size(), 1u);
  const Landmark& splice = landmarks.landmarks[0];
  EXPECT_EQ(splice.at[0], (std::vector<int64_t>{200, 300}));
  ASSERT_EQ(splice.area[0].size(), 2u) << "the transcript, and the gene without one";
  EXPECT_EQ(splice.area[0][0].start, 100);
  EXPECT_EQ(splice.area[0][0].end, 400);
  Segmentation cuts;
  cuts.cuts = splice.at;
  EXPECT_EQ(agreement(found, cuts, splice, {})[0].observed.recall, 1);
}

TEST_F(Segments, PlantedTruthIsUnderstood) {
  lexome_test::spill(folder_ / "truth.bed",
                     "one\t100\t400\tgene:g1\t0\t+\none\t110\t170\tcds:0\t0\t+\n"
                     "one\t170\t230\tintron\t0\t+\none\t230\t300\tcds:0\t0\t+\n"
                     "one\t50\t57\ttata\t9\t+\none\t500\t507\tdecoy:tata\t9\t+\n");
  const auto found = regions({{"one", 0, 3000, '.'}});
  const Landmarks landmarks = read_landmarks(*genome_, found, {folder_ / "truth.bed"}, "");
  ASSERT_EQ(landmarks.landmarks.size(), 3u);
  EXPECT_EQ(landmarks.landmarks[0].at[0], (std::vector<int64_t>{50, 57}));
  EXPECT_EQ(landmarks.landmarks[1].at[0], (std::vector<int64_t>{170, 230}));
  EXPECT_EQ(landmarks.landmarks[2].name, "codon");
  ASSERT_EQ(landmarks.genes.size(), 1u);
  EXPECT_EQ(landmarks.genes[0].parts.size(), 2u);
}

TEST_F(Segments, ForeignAnnotationIsRefused) {
  lexome_test::spill(folder_ / "x.bed", "chrX\t1\t2\tgene:1\t0\t+\n");
  EXPECT_NE(lexome_test::message_of<InputError>([&] {
              read_landmarks(*genome_, regions({}), {folder_ / "x.bed"}, "");
            }).find("do their names differ"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
