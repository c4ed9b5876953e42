// A map: many points, each with its first principal components and a class, as one figure. The page
// draws the first two components at once, and on demand a UMAP of all that are given (McInnes,
// Healy and Melville 2018, arXiv 1802.03426), which is an illustration and no evidence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/page.h"

namespace lexome {

// One way to colour the points. Ordered classes get the colours of a scale, others colours that
// are told apart.
struct PointColouring {
  std::string name;                  // "unit length"
  std::vector<std::string> classes;  // in the order of the legend
  bool ordered = false;
};

struct MapPoint {
  std::string title;               // what a pointer that rests on it is told
  std::vector<double> components;  // at least two; the same number for all points
  std::vector<size_t> classes;     // one a colouring
  bool crossed = false;            // drawn as a cross
};

struct PointMap {
  std::string name;
  std::vector<double> shares;  // of the variance, a component each
  std::vector<PointColouring> colourings;
  std::vector<MapPoint> points;
  uint64_t seed = 1;  // of the UMAP
};

inline constexpr const char* kPointMap = "pointMap";  // kind of the figure

// What a page can draw.
inline constexpr size_t kMostMapped = 5'000;
// Which of `count` things are drawn: all, or kMostMapped of them at random; ascending.
std::vector<size_t> mapped_sample(size_t count, uint64_t seed);

// Throws InternalError for more than kMostMapped points and for points unlike each other.
Figure point_map(const std::string& id, const PointMap& map);

// Colours of `count` classes as #rrggbb, legible on light and dark ground.
std::vector<std::string> class_colours(size_t count, bool ordered);

}  // namespace lexome
