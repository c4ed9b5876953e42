// BED, narrowPeak, GFF3 and GTF in, BED out: one coordinate system whatever the file says.
#include "genome/annotation.h"

#include <gtest/gtest.h>

#include "genome_files.h"

namespace lexome {
namespace {

std::vector<Feature> read(const ScratchFolder& scratch, std::string_view name,
                          std::string_view text) {
  return read_features(scratch.write(name, text));
}

TEST(Annotation, ReadsBedOfAnyWidth) {
  const ScratchFolder scratch;
  const auto features = read(scratch, "x.BED",
                             "track name=x\nbrowser position chr1\n# note\n\nchr1\t0\t10\r\n"
                             "chr2 5 9 peak 3.5\ntrack1\t1\t2\t.\t.\t-\tmore\tcolumns\n");
  ASSERT_EQ(features.size(), 3u);
  EXPECT_EQ(features[0].where, (Interval{"chr1", 0, 10, '.'}));
  EXPECT_EQ(features[0].name, "");
  EXPECT_EQ(features[1].where, (Interval{"chr2", 5, 9, '.'}));
  EXPECT_EQ(features[1].name, "peak");
  EXPECT_EQ(features[1].score, 3.5);
  EXPECT_EQ(features[2].where, (Interval{"track1", 1, 2, '-'}));
  EXPECT_EQ(features[2].name, "");
  EXPECT_EQ(features[2].attributes, "more\tcolumns");
}

TEST(Annotation, ReadsNarrowPeak) {
  const ScratchFolder scratch;
  const auto features =
      read(scratch, "x.narrowPeak", "chr1\t100\t200\tp1\t870\t.\t11.2\t5.1\t-1\t50\n");
  ASSERT_EQ(features.size(), 1u);
  EXPECT_EQ(features[0].score, 870);
  EXPECT_EQ(features[0].attributes, "11.2\t5.1\t-1\t50");
}

TEST(Annotation, ReadsGff3AndGtfAsHalfOpen) {
  const ScratchFolder scratch;
  const auto gff = read(scratch, "x.gff3",
                        "##gff-version 3\nchr%201\tsrc\tgene\t1\t10\t.\t+\t.\tID=g%3B1;Name=n\n"
                        "c\tsrc\texon\t5\t5\t2.5\t?\t0\tParent=g;Name=e1\n##FASTA\n>c\nACGT\n");
  ASSERT_EQ(gff.size(), 2u);
  EXPECT_EQ(gff[0].where, (Interval{"chr 1", 0, 10, '+'}));
  EXPECT_EQ(gff[0].name, "g;1");
  EXPECT_EQ(gff[0].kind, "gene");
  EXPECT_EQ(gff[0].attributes, "ID=g%3B1;Name=n");
  EXPECT_EQ(gff[1].where, (Interval{"c", 4, 5, '.'}));
  EXPECT_EQ(gff[1].name, "e1");
  EXPECT_EQ(gff[1].score, 2.5);

  const std::string gtf_line =
      "chr1\tsrc\tCDS\t11\t20\t.\t-\t0\ttranscript_id \"t1\"; gene_id \"g 1\";\n";
  for (const char* name : {"x.gtf", "x.gff"}) {
    const auto gtf = read(scratch, name, gtf_line);
    ASSERT_EQ(gtf.size(), 1u);
    EXPECT_EQ(gtf[0].where, (Interval{"chr1", 10, 20, '-'}));
    EXPECT_EQ(gtf[0].name, "g 1");
  }
}

TEST(Annotation, RefusesBadLinesByNumber) {
  const ScratchFolder scratch;
  const auto message = [&](std::string_view name, const std::string& line) {
    return message_of<InputError>([&] { read(scratch, name, "# head\n" + line + "\n"); });
  };
  EXPECT_TRUE(holds(message("x.bed", "chr1\t5"), "x.bed:2: 2 columns"));
  EXPECT_TRUE(holds(message("x.bed", "chr1\tstart\tend"), "start 'start'"));
  EXPECT_TRUE(holds(message("x.bed", "chr1\t-5\t7"), "start '-5'"));
  EXPECT_TRUE(holds(message("x.bed", "chr1\t9\t7"), "end 7 lies before start 9"));
  EXPECT_TRUE(holds(message("x.bed", "chr1\t1\t7\tn\tmany"), "score 'many'"));
  EXPECT_TRUE(holds(message("x.bed", "chr1\t1\t7\tn\t1\tforward"), "strand 'forward'"));
  EXPECT_TRUE(holds(message("x.bed", "\t1\t7"), "no name"));
  EXPECT_TRUE(holds(message("x.gff3", "c\ts\tgene\t1\t10"), "x.gff3:2: 5 columns"));
  EXPECT_TRUE(holds(message("x.gff3", "c\ts\tgene\t0\t10\t.\t+\t.\tID=1"), "1-based"));
  EXPECT_TRUE(holds(message("x.gtf", "c\ts\tgene\t9\t1\t.\t+\t.\tx"), "end 1 lies before start 9"));
  EXPECT_TRUE(holds(message("x.vcf", ""), "unknown kind"));
  EXPECT_TRUE(
      holds(message_of<IoError>([&] { read_features(scratch.path("none.bed")); }), "none.bed"));
}

Feature named(const Interval& where, std::string_view name, double score) {
  Feature feature;
  feature.where = where;
  feature.name = name;
  feature.score = score;
  return feature;
}

TEST(Annotation, BedLinesReadBack) {
  const ScratchFolder scratch;
  std::vector<Feature> features;
  features.push_back(named({"chr1", 0, 7, '+'}, "a b", 0.1));
  features.push_back(named({"chr1", 9, 9, '.'}, "", 0));
  EXPECT_EQ(bed_line(features[0]), "chr1\t0\t7\ta b\t0.1\t+\n");
  EXPECT_EQ(bed_line(features[1]), "chr1\t9\t9\t.\t0\t.\n");
  const auto again = read(scratch, "x.bed", bed_line(features[0]) + bed_line(features[1]));
  ASSERT_EQ(again.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again[i].where, features[i].where);
    EXPECT_EQ(again[i].name, features[i].name);
    EXPECT_EQ(again[i].score, features[i].score);
  }
  EXPECT_EQ(bed_line(named({"c", 1, 2, '.'}, "tab\there", 0)), "c\t1\t2\ttab here\t0\t.\n");
}

}  // namespace
}  // namespace lexome
