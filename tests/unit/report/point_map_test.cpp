// Maps of points: their sample, their colours, their data and their plain picture.
#include "report/point_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "lexome/error.h"

namespace lexome {
namespace {

PointMap small() {
  PointMap map;
  map.name = "units <here>";
  map.shares = {0.5, 0.25, 0.1};
  map.colourings = {{"length", {"1", "2"}, true}, {"class", {"gene", "a & b"}, false}};
  map.points = {{"ACG", {0, 0, 7}, {0, 1}, false},
                {"T", {2, 1.23456789, 0}, {1, 0}, true},
                {"G", {1, 0.5, 0}, {1, 0}, false}};
  return map;
}

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(PointMap, DataHoldsAllComponentsAndEveryColouring) {
  const auto data = nlohmann::json::parse(point_map("here", small()).data);
  EXPECT_EQ(data["points"].size(), 3u);
  EXPECT_EQ(data["points"][0]["at"], (std::vector<double>{0, 0, 7}));
  EXPECT_EQ(data["points"][1]["at"][1], 1.235) << "four digits";
  EXPECT_EQ(data["points"][1]["classes"], (std::vector<int>{1, 0}));
  EXPECT_EQ(data["colourings"][1]["classes"][1], "a & b");
  EXPECT_EQ(data["colourings"][0]["colours"].size(), 2u);
  EXPECT_EQ(data["axes"][1], "component 2 (25 % of the variance)");
}

TEST(PointMap, PlainPictureShowsTheFirstTwoComponents) {
  const std::string svg = point_map("here", small()).svg;
  EXPECT_EQ(count(svg, "<circle"), 2u);
  EXPECT_EQ(count(svg, "<path"), 1u) << "a cross";
  EXPECT_EQ(count(svg, "units &lt;here&gt;"), 2u);
  // The last point lies in the middle of the first component.
  EXPECT_NE(svg.find("<circle cx=\"295.0\""), std::string::npos) << svg;
  PointMap none = small();
  none.points.clear();
  EXPECT_EQ(point_map("here", none).svg, "");
}

TEST(PointMap, PageCarriesTheLibraryOnlyForMaps) {
  Section with("maps", "Maps"), without("notes", "Notes");
  with.figure(point_map("here", small()));
  without.note("none");
  const std::string maps = page_html({"x", ""}, {with}), plain = page_html({"x", ""}, {without});
  // With or without plotting libraries, the page holds the figure.
  EXPECT_NE(maps.find("id=\"here\""), std::string::npos);
  EXPECT_EQ(plain.find("Leland McInnes"), std::string::npos);
  if (maps.find("report-data") != std::string::npos) {
    EXPECT_NE(maps.find("Leland McInnes"), std::string::npos);
  }
}

TEST(PointMap, RefusesPointsThatDiffer) {
  PointMap ragged = small(), unknown = small(), crowded = small();
  ragged.points[1].components.pop_back();
  unknown.points[1].classes[0] = 2;
  crowded.points.assign(kMostMapped + 1, crowded.points.front());
  for (const PointMap& map : {ragged, unknown, crowded})
    EXPECT_THROW(point_map("here", map), InternalError);
}

TEST(PointMap, SampleIsAscendingAndItsOwnEachSeed) {
  EXPECT_EQ(mapped_sample(3, 1), (std::vector<size_t>{0, 1, 2}));
  const std::vector<size_t> one = mapped_sample(20'000, 1);
  EXPECT_EQ(one.size(), kMostMapped);
  EXPECT_EQ(std::set<size_t>(one.begin(), one.end()).size(), kMostMapped);
  EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
  EXPECT_EQ(one, mapped_sample(20'000, 1));
  EXPECT_NE(one, mapped_sample(20'000, 2));
}

TEST(PointMap, ColoursDiffer) {
  for (const bool ordered : {false, true}) {
    for (const size_t classes : {1u, 8u, 40u}) {
      const std::vector<std::string> colours = class_colours(classes, ordered);
      EXPECT_EQ(std::set<std::string>(colours.begin(), colours.end()).size(), classes);
      for (const std::string& colour : colours) EXPECT_EQ(colour.size(), 7u) << colour;
    }
  }
}

}  // namespace
}  // namespace lexome
