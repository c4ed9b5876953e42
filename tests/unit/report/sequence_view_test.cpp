// Units and annotation over a sequence.
#include "report/sequence_view.h"

#include <gtest/gtest.h>

#include <regex>

namespace lexome {
namespace {

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(SequenceView, DrawsEveryBaseAndEveryUnitOnItsLine) {
  const std::string letters(150, 'G');
  const SequenceTrack units = {
      "cut <here>", {{950, 1010}, {1010, 1098}, {1098, 1103}, {1103, 1200}}, "", {}};
  const SequenceTrack exon = {"exon", {{1090, 1095}}, "", {}},
                      elsewhere = {"repeat", {{0, 1000}}, "", {}};
  const std::string svg = svg_sequence("c:1,001", letters, 1000, {units}, {exon, elsewhere});
  EXPECT_EQ(count(svg, ">G</text>"), 150u);
  EXPECT_EQ(count(svg, ">1,001</text>"), 1u);
  EXPECT_EQ(count(svg, ">1,101</text>"), 1u);
  // Three units on the first line; the third goes on on the second, before the fourth.
  EXPECT_EQ(count(svg, "stroke-width"), 5u);
  EXPECT_EQ(count(svg, "<title>1,099-1,103, 5 bp</title>"), 2u);
  EXPECT_EQ(count(svg, ">exon</text>"), 1u) << "only where it stands";
  EXPECT_EQ(count(svg, "repeat"), 0u);
  EXPECT_EQ(count(svg, "cut &lt;here&gt;"), 2u);
  // The unit of bases 1,011 to 1,098 lies from base 10 to base 98 of its line.
  const std::regex box("<rect x=\"250\" y=\"\\d+\" width=\"880\"");
  EXPECT_TRUE(std::regex_search(svg, box)) << svg.substr(0, 600);
}

TEST(SequenceView, LinksStandOnTheLineTheyStartOn) {
  SequenceTrack units = {"units", {{0, 150}}, "taps", {}};
  units.links = {{10.5, 20.5, 1, 0, "near"}, {120.5, 99.5, 0.5, 1, "back <over>"}};
  const std::string svg = svg_sequence("c:1", std::string(150, 'A'), 0, {units}, {});
  EXPECT_EQ(count(svg, "<line"), 2u);
  EXPECT_EQ(count(svg, ">taps</text>"), 2u);
  EXPECT_NE(svg.find("x1=\"255.0\""), std::string::npos);
  EXPECT_NE(svg.find("x2=\"355.0\""), std::string::npos);
  // The second begins on the second line and is cut where that line begins.
  EXPECT_NE(svg.find("x2=\"150.0\""), std::string::npos);
  EXPECT_NE(svg.find("back &lt;over&gt;"), std::string::npos);
}

TEST(SequenceView, NothingIsDrawnOfNothing) {
  EXPECT_EQ(count(svg_sequence("x", "", 5, {}, {}), "<text"), 0u);
}

}  // namespace
}  // namespace lexome
