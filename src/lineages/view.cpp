#include "lineages/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace lexome {
namespace {

constexpr double kMost = 0.8, kFew = 0.2;

std::vector<size_t> distinct_train(const LineageTask& task) {
  std::vector<size_t> genomes = task.sides[static_cast<size_t>(TaskSide::kTrain)];
  std::sort(genomes.begin(), genomes.end());
  genomes.erase(std::unique(genomes.begin(), genomes.end()), genomes.end());
  return genomes;
}

}  // namespace

TaskView genome_view(const LineageTask& task) {
  TaskView view;
  view.name = "genomes";
  const Span all{0, static_cast<uint32_t>(task.reference.size())};
  for (size_t s = 0; s < 3; ++s) {
    for (const size_t g : task.sides[s]) {
      view.sides[s].push_back({g, all, task.genomes[g].label});
    }
  }
  return view;
}

TaskView window_view(const LineageTask& task, const std::vector<Span>& windows) {
  TaskView view;
  view.name = "windows";
  for (size_t s = 0; s < 3; ++s) {
    for (const size_t g : task.sides[s]) {
      for (const Span span : windows) view.sides[s].push_back({g, span, task.genomes[g].label});
    }
  }
  return view;
}

Bases item_bases(const LineageTask& task, const ViewItem& item) {
  return bases_of(task.reference, task.genomes[item.genome].changes, item.span);
}

DistinctBases distinct_bases(const LineageTask& task, const TaskView& view) {
  DistinctBases out;
  std::map<std::string, size_t> known;
  for (size_t s = 0; s < 3; ++s) {
    for (const ViewItem& item : view.sides[s]) {
      Bases bases = item_bases(task, item);
      const auto [at, fresh] = known.emplace(to_letters(bases), out.bases.size());
      if (fresh) out.bases.push_back(std::move(bases));
      out.of_item[s].push_back(at->second);
    }
  }
  return out;
}

std::vector<DefiningSite> sites_of_training(const LineageTask& task) {
  const std::vector<size_t> genomes = distinct_train(task);
  std::set<uint32_t> positions;
  for (const size_t g : genomes) {
    for (const Change& change : task.genomes[g].changes) {
      if (change.base < kN) positions.insert(change.position);
    }
  }
  std::vector<DefiningSite> sites;
  const size_t classes = task.classes.size();
  for (const uint32_t position : positions) {
    std::vector<std::array<double, 4>> counts(classes, std::array<double, 4>{});
    std::vector<double> known(classes, 0);
    for (const size_t g : genomes) {
      const auto label = static_cast<size_t>(task.genomes[g].label);
      const Base base = base_at(task.reference, task.genomes[g].changes, position);
      if (base >= kN) continue;
      counts[label][base] += 1;
      known[label] += 1;
    }
    for (size_t c = 0; c < classes; ++c) {
      for (Base base = 0; base < kN; ++base) {
        if (base == task.reference[position] || known[c] == 0 || counts[c][base] < kMost * known[c])
          continue;
        bool alone = true;
        for (size_t o = 0; o < classes; ++o) {
          alone = alone && (o == c || counts[o][base] <= kFew * known[o]);
        }
        if (!alone) continue;
        sites.push_back({position, base, static_cast<int32_t>(c),
                         fmt::format("{}{}{}", kBaseLetters[task.reference[position]], position + 1,
                                     kBaseLetters[base])});
      }
    }
  }
  return sites;
}

std::vector<DefiningSite> sites_of_constellations(const LineageTask& task, const LineageTree& tree,
                                                  const LineageLabels& labels,
                                                  const std::vector<Constellation>& constellations,
                                                  int64_t* left_out) {
  std::map<std::string, std::string> label_of;  // by lineage
  for (size_t leaf = 0; leaf < labels.of_leaf.size(); ++leaf) {
    if (labels.of_leaf[leaf] < 0) continue;
    label_of[tree.nodes[static_cast<size_t>(tree.leaves[leaf])].name] =
        labels.classes[static_cast<size_t>(labels.of_leaf[leaf])];
  }
  const std::vector<size_t> genomes = distinct_train(task);
  std::vector<DefiningSite> sites;
  std::set<std::pair<uint32_t, std::pair<Base, int32_t>>> known;
  for (const Constellation& one : constellations) {
    const auto by_lineage = label_of.find(one.lineage);
    const std::string label = by_lineage == label_of.end() ? one.label : by_lineage->second;
    const auto found = std::find(task.classes.begin(), task.classes.end(), label);
    if (found == task.classes.end()) continue;
    const auto index = static_cast<int32_t>(found - task.classes.begin());
    for (const ConstellationSite& site : one.sites) {
      bool seen = false;
      for (const size_t g : genomes) {
        if (task.genomes[g].label != index) continue;
        const Changes& changes = task.genomes[g].changes;
        Bases bases;
        for (const uint32_t p : site.positions) {
          bases.push_back(base_at(task.reference, changes, p));
        }
        const bool has = site.protein ? amino_acid(bases[0], bases[1], bases[2]) == site.to.front()
                                      : kBaseLetters[bases[0]] == site.to.front();
        if (!has) continue;
        for (size_t i = 0; i < bases.size(); ++i) {
          const uint32_t p = site.positions[i];
          if (bases[i] == task.reference[p] || !known.insert({p, {bases[i], index}}).second)
            continue;
          sites.push_back({p, bases[i], index, site.text});
        }
        seen = true;
        break;
      }
      *left_out += !seen;
    }
  }
  std::sort(sites.begin(), sites.end(), [](const DefiningSite& a, const DefiningSite& b) {
    return std::pair(a.position, a.label) < std::pair(b.position, b.label);
  });
  return sites;
}

}  // namespace lexome
