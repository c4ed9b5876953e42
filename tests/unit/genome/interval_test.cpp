// Region strings: the only place where positions are 1-based and closed.
#include "lexome/interval.h"

#include <gtest/gtest.h>

#include "genome_files.h"

namespace lexome {
namespace {

void expect_region(std::string_view text, const std::string& contig, int64_t start, int64_t end) {
  const Interval interval = parse_region(text);
  EXPECT_EQ(interval.contig, contig) << text;
  EXPECT_EQ(interval.start, start) << text;
  EXPECT_EQ(interval.end, end) << text;
  EXPECT_EQ(interval.strand, '.') << text;
}

TEST(Region, Parses) {
  expect_region("chr1", "chr1", 0, -1);
  expect_region("chr1:100", "chr1", 99, -1);
  expect_region("chr1:1,001-2,000", "chr1", 1000, 2000);
  expect_region("chr1:1-1", "chr1", 0, 1);
  expect_region("chr1:10k-1.5M", "chr1", 9999, 1500000);
  expect_region("HLA:DRB1", "HLA:DRB1", 0, -1);
  expect_region("a:b:5-9", "a:b", 4, 9);
  expect_region("{a:5}:5-9", "a:5", 4, 9);
  expect_region("{a:5}", "a:5", 0, -1);
}

TEST(Region, RefusesWhatIsNoRegion) {
  for (const char* text : {"", ":1-2", "chr1:", "chr1:0-5", "chr1:9-5", "chr1:5-", "chr1:-5",
                           "chr1:5-x", "chr1:5x-9", "{chr1", "{chr1}5", "{}:1-2"}) {
    EXPECT_THROW(parse_region(text), ConfigError) << text;
  }
  EXPECT_TRUE(holds(message_of<ConfigError>([] { parse_region("chr1:9-5"); }), "chr1:9-5"));
}

TEST(Region, WritesWhatItReads) {
  for (const Interval& interval :
       {Interval{"chr1", 1000, 2000, '.'}, Interval{"chr1", 0, -1, '.'},
        Interval{"chr1", 5, -1, '.'}, Interval{"a:7", 3, 4, '.'}, Interval{"a:7", 0, -1, '.'}}) {
    EXPECT_EQ(parse_region(to_region(interval)), interval) << to_region(interval);
  }
  EXPECT_EQ(to_region({"chr1", 1000, 2000, '+'}), "chr1:1001-2000");
}

}  // namespace
}  // namespace lexome
