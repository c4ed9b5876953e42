// What the page draws of the findings: points, and a track along the genome.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lineages/findings.h"

namespace lexome {

using Json = nlohmann::json;

PointMap genome_points(const LineageFindings& findings, const GenomeMap& map) {
  PointMap out;
  out.name = map.name;
  out.shares = map.components.shares;
  out.colourings = {{"class", findings.task.classes, false}};
  out.seed = findings.seed;
  for (size_t i = 0; i < map.genomes.size(); ++i) {
    const TaskGenome& genome = findings.task.genomes[map.genomes[i]];
    const bool tested = genome.nearest >= 0;
    out.points.push_back({genome.name + (tested ? ", tested" : ""),
                          map.components.points[i],
                          {static_cast<size_t>(genome.label)},
                          tested});
  }
  return out;
}

std::string track_json(const LineageFindings& findings) {
  const LineageTask& task = findings.task;
  std::set<size_t> genomes;
  for (const std::vector<size_t>& side : task.sides) genomes.insert(side.begin(), side.end());
  std::map<std::pair<int32_t, uint32_t>, double> counts;
  std::vector<double> of_class(task.classes.size(), 0);
  for (const size_t g : genomes) {
    of_class[static_cast<size_t>(task.genomes[g].label)] += 1;
    for (const Change& change : task.genomes[g].changes) {
      if (change.base < kN) counts[{task.genomes[g].label, change.position}] += 1;
    }
  }
  std::set<std::pair<int32_t, uint32_t>> defining;
  for (const DefiningSite& site : findings.sites) defining.insert({site.label, site.position});
  Json mutations = Json::array();
  for (const auto& [key, count] : counts) {
    const double share = count / of_class[static_cast<size_t>(key.first)];
    if (share < 0.1 && defining.count(key) == 0) continue;  // singletons would hide the rest
    mutations.push_back({{"class", task.classes[static_cast<size_t>(key.first)]},
                         {"pos", key.second + 1},
                         {"share", share},
                         {"site", defining.count(key) > 0}});
  }
  Json genes = Json::array();
  for (const Gene& gene : findings.genes) {
    genes.push_back(
        {{"name", gene.name}, {"start", gene.parts.front().begin}, {"end", gene.parts.back().end}});
  }
  Json edits = Json::array();
  for (const auto& [name, one] : findings.edits) {
    for (const auto& [position, changed] : one.by_site) {
      edits.push_back({{"name", name}, {"pos", position + 1}, {"changed", changed}});
    }
  }
  return Json{{"length", task.reference.size()},
              {"classes", task.classes},
              {"mutations", mutations},
              {"genes", genes},
              {"edits", edits}}
      .dump();
}

}  // namespace lexome
