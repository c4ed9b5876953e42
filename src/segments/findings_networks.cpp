// What networks know of their units, as tables and as sections of the report.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "report/point_map.h"
#include "segments/findings.h"

namespace lexome {
namespace {

std::string network(const NetworkUnits& one) { return one.trained ? "trained" : "untrained"; }
std::string share_of(const NetworkUnits& one, size_t component) {
  return component < one.shares.size() ? fixed(one.shares[component]) : "n/a";
}

ShownTable embeddings(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "network",   "bases",     "units",     "distinct",
                   "mapped",    "pc1_share", "pc2_share", "by_length", "by_class"};
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = false;
  for (const NetworkUnits& one : findings.networks) {
    table.rows.push_back({one.name, network(one), std::to_string(one.bases),
                          std::to_string(one.units), std::to_string(one.distinct),
                          std::to_string(one.mapped.size()), share_of(one, 0), share_of(one, 1),
                          fixed(one.by_length), fixed(one.by_home)});
  }
  return table;
}

ShownTable embedding_map(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "network", "unit", "length", "expert",
                   "count",     "class",   "pc1",  "pc2"};
  table.numeric = {false, false, false, true, true, true, false, true, true};
  for (const NetworkUnits& one : findings.networks) {
    for (const MappedUnit& unit : one.mapped) {
      table.rows.push_back(
          {one.name, network(one), unit.sequence, std::to_string(unit.sequence.size()),
           std::to_string(unit.expert), std::to_string(unit.count), unit.home,
           fmt::format("{:.6g}", unit.components[0]), fmt::format("{:.6g}", unit.components[1])});
    }
  }
  return table;
}

ShownTable taps(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "network",         "tap",           "units",      "offset_mean",
                   "offset_sd", "offset_p5",       "offset_median", "offset_p95", "beyond_one",
                   "outside",   "modulation_mean", "modulation_sd"};
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = false;
  for (const NetworkUnits& one : findings.networks) {
    if (one.taps.empty()) {
      std::vector<std::string> cells = {one.name, network(one)};
      cells.resize(table.columns.size(), "n/a");
      table.rows.push_back(std::move(cells));
    }
    for (const TapSummary& tap : one.taps) {
      std::vector<std::string> cells = {one.name, network(one), fmt::format("{:+d}", tap.tap),
                                        std::to_string(one.units)};
      for (const double value :
           {tap.mean, tap.deviation, tap.low, tap.median, tap.high, tap.beyond_one, tap.outside,
            tap.modulation, tap.modulation_deviation})
        cells.push_back(fixed(value));
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

ShownTable offsets(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "contig", "start",      "end",  "expert",
                   "tap",       "offset", "modulation", "reads"};
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = false;
  for (const ViewedTap& one : findings.viewed_taps) {
    table.rows.push_back({one.tokenizer, one.unit.contig, std::to_string(one.unit.start),
                          std::to_string(one.unit.end), std::to_string(one.expert),
                          fmt::format("{:+d}", one.tap), fixed(one.offset), fixed(one.modulation),
                          std::isnan(one.reads) ? "NA" : fixed(one.reads, 1)});
  }
  return table;
}

Figure figure(const UnitFindings& findings, size_t number) {
  const NetworkUnits& one = findings.networks[number];
  PointMap map;
  map.name = fmt::format("{}, {}", one.name, network(one));
  map.shares = one.shares;
  map.seed = findings.seed;
  std::set<size_t> lengths;
  std::set<std::string> homes;
  for (const MappedUnit& unit : one.mapped) {
    lengths.insert(unit.sequence.size());
    homes.insert(unit.home);
  }
  PointColouring by_length{"unit length", {}, true}, by_home{"where it stands", {}, false};
  for (const size_t length : lengths) by_length.classes.push_back(std::to_string(length));
  by_home.classes.assign(homes.begin(), homes.end());
  const bool annotated = homes.size() > 1;
  map.colourings.push_back(std::move(by_length));
  if (annotated) map.colourings.push_back(std::move(by_home));
  for (const MappedUnit& unit : one.mapped) {
    MapPoint point;
    point.title = fmt::format("{}, {} times", unit.sequence, with_commas(unit.count));
    point.components = unit.components;
    const auto length = std::distance(lengths.begin(), lengths.find(unit.sequence.size()));
    point.classes = {static_cast<size_t>(length)};
    if (annotated) {
      const auto home = std::distance(homes.begin(), homes.find(unit.home));
      point.classes.push_back(static_cast<size_t>(home));
    }
    map.points.push_back(std::move(point));
  }
  return point_map(fmt::format("map-{}", number + 1), map);
}

Section maps(const UnitFindings& findings) {
  Section section("embeddings", "Units as points");
  section.note(
      "A point is a sequence of bases that became a unit: the mean, over all places where it did, "
      "of the vector that the network's later layers get. Units that hold N are left out. Beside "
      "each network stands the same one before training.");
  section.note(
      "Class: that in which the sequence stands more often than units do, by more than three "
      "standard deviations of a count; \"any\" where there is none. By length, by class: share of "
      "the points' variance that lies between them.");
  section.table(embeddings(findings));
  for (size_t i = 0; i < findings.networks.size(); ++i) {
    const NetworkUnits& one = findings.networks[i];
    if (one.mapped.empty()) continue;
    section.open_fold(fmt::format("{}, {}", one.name, network(one)), one.trained);
    section.figure(figure(findings, i)).close_fold();
  }
  return section;
}

Section convolution(const UnitFindings& findings) {
  Section section("taps", "What the deformable convolution reads");
  section.note(
      "Offsets count rows of the convolution's grid: units in the compact layout, bases in the "
      "sparse one. Before training every offset is 0 and every modulation 1. Outside: share of "
      "reads beyond the first and last row of what is read at once. n/a: no such convolution, or "
      "no unit.");
  section.table(taps(findings));
  return section;
}

}  // namespace

std::vector<std::pair<std::string, ShownTable>> network_tables(const UnitFindings& findings) {
  if (findings.networks.empty()) return {};
  std::vector<std::pair<std::string, ShownTable>> tables = {
      {"embeddings", embeddings(findings)},
      {"embedding_map", embedding_map(findings)},
      {"taps", taps(findings)}};
  if (!findings.views.empty()) tables.emplace_back("offsets", offsets(findings));
  return tables;
}

std::vector<Section> network_sections(const UnitFindings& findings) {
  if (findings.networks.empty()) return {};
  return {maps(findings), convolution(findings)};
}

}  // namespace lexome
