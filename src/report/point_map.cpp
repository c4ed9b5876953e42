#include "report/point_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/random.h"
#include "lexome/error.h"

namespace lexome {
namespace {

using Json = nlohmann::json;

constexpr size_t kTold = 8;  // classes that the palette can tell apart

using Rgb = std::array<double, 3>;

std::string hex(const Rgb& colour) {
  std::string out = "#";
  for (const double part : colour) out += fmt::format("{:02x}", std::lround(255 * part));
  return out;
}

// Hue in turns; lightness in the middle, where both grounds leave contrast.
Rgb of_hue(double hue, double lightness) {
  constexpr double kSaturation = 0.62;
  const double chroma = (1 - std::abs(2 * lightness - 1)) * kSaturation;
  Rgb out{};
  for (size_t i = 0; i < out.size(); ++i) {
    const double sector = std::fmod(6 * hue + std::array<double, 3>{0, 4, 2}[i], 6.0);
    const double peak = std::clamp(std::abs(sector - 3) - 1, 0.0, 1.0);
    out[i] = lightness + chroma * (peak - 0.5);
  }
  return out;
}

// From blue over green and amber to red.
Rgb on_scale(double at) {
  constexpr std::array<Rgb, 5> kStops = {Rgb{0.25, 0.36, 0.75}, Rgb{0.12, 0.58, 0.62},
                                         Rgb{0.38, 0.66, 0.25}, Rgb{0.88, 0.58, 0.12},
                                         Rgb{0.80, 0.20, 0.27}};
  const double place = at * (kStops.size() - 1);
  const size_t left = std::min(static_cast<size_t>(place), kStops.size() - 2);
  const double share = place - static_cast<double>(left);
  Rgb out{};
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = (1 - share) * kStops[left][i] + share * kStops[left + 1][i];
  return out;
}

void check(const PointMap& map) {
  if (map.points.size() > kMostMapped || map.colourings.empty())
    throw InternalError("a map has at most 5,000 points and a colouring");
  for (const MapPoint& point : map.points) {
    bool good = point.components.size() >= 2 &&
                point.components.size() == map.points.front().components.size() &&
                point.classes.size() == map.colourings.size();
    for (size_t c = 0; good && c < point.classes.size(); ++c)
      good = point.classes[c] < map.colourings[c].classes.size();
    if (!good) throw InternalError("the points of a map are unlike each other: " + map.name);
  }
}

std::string axis(const PointMap& map, size_t component) {
  std::string out = fmt::format("component {}", component + 1);
  if (component < map.shares.size())
    out += fmt::format(" ({:.0f} % of the variance)", 100 * map.shares[component]);
  return out;
}

// The first two components, coloured the first way.
std::string svg_points(const PointMap& map) {
  if (map.points.empty()) return "";
  constexpr double kWidth = 560, kLeft = 30, kTop = 28, kPlot = 380, kKey = 18;
  constexpr size_t kAcross = 4;  // entries of the key in a line
  std::array<double, 2> low = {1e300, 1e300}, high = {-1e300, -1e300};
  for (const MapPoint& point : map.points) {
    for (size_t c = 0; c < 2; ++c) {
      low[c] = std::min(low[c], point.components[c]);
      high[c] = std::max(high[c], point.components[c]);
    }
  }
  const auto share = [&](const MapPoint& point, size_t c) {
    return high[c] > low[c] ? (point.components[c] - low[c]) / (high[c] - low[c]) : 0.5;
  };
  const PointColouring& colouring = map.colourings.front();
  const std::vector<std::string> colours =
      class_colours(colouring.classes.size(), colouring.ordered);
  std::string body;
  for (const MapPoint& point : map.points) {
    const double x = kLeft + 6 + share(point, 0) * (kWidth - kLeft - 12);
    const double y = kTop + 6 + (1 - share(point, 1)) * (kPlot - 12);
    const std::string& colour = colours[point.classes.front()];
    const std::string title = "<title>" + escape_html(point.title) + "</title>";
    body += point.crossed
                ? fmt::format("<path d=\"M{:.1f} {:.1f}l5 5m0 -5l-5 5\" stroke=\"{}\">{}</path>",
                              x - 2.5, y - 2.5, colour, title)
                : fmt::format(
                      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\" "
                      "fill-opacity=\"0.75\">{}</circle>",
                      x, y, colour, title);
  }
  double key = kTop + kPlot + 40;
  for (size_t c = 0; c < colouring.classes.size(); ++c) {
    const double x = kLeft + static_cast<double>(c % kAcross) * (kWidth - kLeft) / kAcross;
    if (c > 0 && c % kAcross == 0) key += kKey;
    body += fmt::format(
        "<rect x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"10\" height=\"10\" fill=\"{2}\"/>"
        "<text x=\"{3:.1f}\" y=\"{4:.1f}\">{5}</text>",
        x, key - 9, colours[c], x + 15, key, escape_html(colouring.classes[c]));
  }
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1:.0f}\" width=\"{0}\" height=\"{1:.0f}\" role=\"img\" "
      "aria-label=\"{2}\" font-size=\"12\" fill=\"currentColor\"><text x=\"4\" y=\"16\">{2}</text>"
      "<rect x=\"{3}\" y=\"{4}\" width=\"{5}\" height=\"{6}\" fill=\"none\" "
      "stroke=\"currentColor\" stroke-opacity=\"0.25\"/><text x=\"{3}\" y=\"{7}\">{8}</text>"
      "<text transform=\"translate(18 {9}) rotate(-90)\">{10}</text>{11}</svg>",
      kWidth, key + 12, escape_html(map.name), kLeft, kTop, kWidth - kLeft, kPlot,
      kTop + kPlot + 16, axis(map, 0), kTop + kPlot, axis(map, 1), body);
}

// Four digits: what a picture can show.
double shown(double value) { return value == 0 ? 0 : std::stod(fmt::format("{:.4g}", value)); }

std::string map_json(const PointMap& map) {
  Json colourings = Json::array(), points = Json::array();
  for (const PointColouring& one : map.colourings) {
    colourings.push_back({{"name", one.name},
                          {"classes", one.classes},
                          {"colours", class_colours(one.classes.size(), one.ordered)}});
  }
  for (const MapPoint& point : map.points) {
    Json at = Json::array();
    for (const double value : point.components) at.push_back(shown(value));
    points.push_back({{"title", point.title},
                      {"at", std::move(at)},
                      {"classes", point.classes},
                      {"crossed", point.crossed}});
  }
  return Json{{"name", map.name},
              {"axes", {axis(map, 0), axis(map, 1)}},
              {"colourings", colourings},
              {"points", points},
              {"seed", static_cast<uint32_t>(map.seed)}}
      .dump();
}

}  // namespace

std::vector<std::string> class_colours(size_t count, bool ordered) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) {
    if (ordered) {
      const double last = static_cast<double>(std::max<size_t>(count, 2) - 1);
      out.push_back(hex(on_scale(static_cast<double>(i) / last)));
    } else if (count <= kTold) {
      out.emplace_back(series_colour(i));
    } else {
      // Neighbours in the legend differ in lightness, too.
      out.push_back(hex(of_hue(static_cast<double>(i) / static_cast<double>(count),
                               std::array<double, 3>{0.46, 0.60, 0.40}[i % 3])));
    }
  }
  return out;
}

std::vector<size_t> mapped_sample(size_t count, uint64_t seed) {
  std::vector<size_t> all(count);
  std::iota(all.begin(), all.end(), size_t{0});
  if (count <= kMostMapped) return all;
  Random random(seed, Purpose::kSample);
  for (size_t i = 0; i < kMostMapped; ++i) std::swap(all[i], all[i + random.below(count - i)]);
  all.resize(kMostMapped);
  std::sort(all.begin(), all.end());
  return all;
}

Figure point_map(const std::string& id, const PointMap& map) {
  check(map);
  Figure figure;
  figure.id = id;
  figure.kind = kPointMap;
  figure.caption = map.name +
                   ": principal components; UMAP, where it can be chosen, is an illustration: its "
                   "distances, and how large and far apart its clusters are, say nothing.";
  figure.data = map_json(map);
  figure.svg = svg_points(map);
  return figure;
}

}  // namespace lexome
