// The findings as tables: files of the output folder, and what the report shows.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lineages/findings.h"

namespace lexome {
namespace {

std::vector<std::string> side_counts(const LineageFindings& findings, size_t label) {
  std::vector<std::string> cells;
  for (const std::vector<size_t>& side : findings.task.sides) {
    std::set<size_t> genomes;
    for (const size_t g : side) {
      if (findings.task.genomes[g].label == static_cast<int32_t>(label)) genomes.insert(g);
    }
    cells.push_back(std::to_string(genomes.size()));
  }
  return cells;
}

ShownTable split_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"genome", "class", "side", "times", "nearest"};
  table.numeric = {false, false, false, true, true};
  const LineageTask& task = findings.task;
  for (size_t s = 0; s < 3; ++s) {
    std::vector<size_t> times(task.genomes.size(), 0);
    for (const size_t g : task.sides[s]) ++times[g];
    for (size_t g = 0; g < times.size(); ++g) {
      if (times[g] == 0) continue;
      const TaskGenome& genome = task.genomes[g];
      table.rows.push_back({genome.name, task.classes[static_cast<size_t>(genome.label)],
                            kTaskSideNames[s], std::to_string(times[g]),
                            genome.nearest < 0 ? "" : std::to_string(genome.nearest)});
    }
  }
  return table;
}

ShownTable site_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"pos", "reference", "alternative", "class", "site"};
  table.numeric = {true, false, false, false, false};
  for (const DefiningSite& site : findings.sites) {
    table.rows.push_back({std::to_string(site.position + 1),
                          std::string(1, kBaseLetters[findings.task.reference[site.position]]),
                          std::string(1, kBaseLetters[site.alternative]),
                          findings.task.classes[static_cast<size_t>(site.label)], site.text});
  }
  return table;
}

}  // namespace

ShownTable class_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"class", "training genomes", "dev genomes",     "tested genomes",
                   "sites", "nearest, least",   "nearest, median", "nearest, most"};
  table.numeric = {false, true, true, true, true, true, true, true};
  const LineageTask& task = findings.task;
  for (size_t c = 0; c < task.classes.size(); ++c) {
    std::vector<std::string> row = {task.classes[c]};
    for (std::string& cell : side_counts(findings, c)) row.push_back(std::move(cell));
    row.push_back(std::to_string(std::count_if(
        findings.sites.begin(), findings.sites.end(),
        [&](const DefiningSite& site) { return site.label == static_cast<int32_t>(c); })));
    std::vector<int64_t> nearest;
    for (const size_t g : task.sides[static_cast<size_t>(TaskSide::kTest)]) {
      if (task.genomes[g].label == static_cast<int32_t>(c)) {
        nearest.push_back(task.genomes[g].nearest);
      }
    }
    std::sort(nearest.begin(), nearest.end());
    row.push_back(std::to_string(nearest.front()));
    row.push_back(std::to_string(nearest[nearest.size() / 2]));
    row.push_back(std::to_string(nearest.back()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

ShownTable score_table(const LineageFindings& findings, const std::string& view) {
  ShownTable table;
  table.columns = {"method", "what it is", "macro-F1"};
  table.numeric = {false, false, true};
  const bool windows = view == "windows";
  if (windows) {
    table.columns.insert(table.columns.end(), {"with a site", "without a site"});
    table.numeric.insert(table.numeric.end(), {true, true});
  }
  table.columns.push_back("accuracy");
  table.numeric.push_back(true);
  for (const std::string& name : findings.task.classes) {
    table.columns.push_back("F1 " + name);
    table.numeric.push_back(true);
  }
  table.columns.push_back("setting");
  table.numeric.push_back(false);
  for (const MethodScore& score : findings.scores) {
    if (score.view != view) continue;
    std::vector<std::string> row = {score.method, score.what, fixed(score.macro_f1, 3)};
    if (windows) {
      row.push_back(fixed(score.with_site, 3));
      row.push_back(fixed(score.without_site, 3));
    }
    row.push_back(fixed(score.accuracy, 3));
    for (const double f1 : score.f1) row.push_back(fixed(f1, 3));
    row.push_back(score.setting);
    table.rows.push_back(std::move(row));
  }
  return table;
}

ShownTable space_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"representation", "silhouette", "macro-F1 of 15 neighbours",
                   "divergence between classes", "divergence within classes"};
  table.numeric = {false, true, true, true, true};
  for (const SpaceScore& one : findings.spaces) {
    table.rows.push_back({one.name, fixed(one.silhouette, 3), fixed(one.neighbours, 3),
                          fixed(one.between, 6), fixed(one.within, 6)});
  }
  return table;
}

ShownTable distance_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"representation", "with tree distance", "with Hamming distance",
                   "with 6-mer distance", "with untrained distance"};
  for (const std::string given : {"Hamming", "Hamming and 6-mer", "Hamming and untrained"}) {
    table.columns.push_back("with tree distance, given " + given);
    table.columns.push_back("p, given " + given);
  }
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = false;
  for (const DistanceFinding& one : findings.distances) {
    std::vector<std::string> row = {one.name};
    for (const double value : {one.with_tree, one.with_hamming, one.with_words, one.with_twin}) {
      row.push_back(signed_fixed(value, 3));
    }
    for (const PartialAgreement& partial : {one.given_hamming, one.given_words, one.given_twin}) {
      row.push_back(signed_fixed(partial.correlation, 3));
      row.push_back(fixed(partial.p_value, 4));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

ShownTable edit_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"representation", "sites",       "controls",   "sites without control",
                   "at sites",       "at controls", "difference", "p",
                   "farthest"};
  table.numeric = {false, true, true, true, true, true, true, true, true};
  for (const auto& [name, one] : findings.edits) {
    table.rows.push_back({name, std::to_string(one.sites), std::to_string(one.controls),
                          std::to_string(one.unmatched), fixed(one.at_sites, 2),
                          fixed(one.at_controls, 2),
                          signed_fixed(one.at_sites - one.at_controls, 2), fixed(one.p_value, 4),
                          std::to_string(one.farthest)});
  }
  return table;
}

ShownTable recombinant_table(const LineageFindings& findings) {
  ShownTable table;
  table.columns = {"recombinant",    "left parent", "right parent", "breakpoint",
                   "representation", "left",        "right",        "of"};
  table.numeric = {false, false, false, false, false, true, true, true};
  for (size_t r = 0; r < findings.recombinations.size(); ++r) {
    const Recombination& one = findings.recombinations[r];
    for (const RecombinationFinding& found : findings.recombinants[r]) {
      table.rows.push_back({one.name, one.left_parent, one.right_parent,
                            fmt::format("{}-{}", one.from + 1, one.to), found.representation,
                            std::to_string(found.left), std::to_string(found.right),
                            std::to_string(found.of)});
    }
  }
  return table;
}

std::vector<std::pair<std::string, ShownTable>> lineage_tables(const LineageFindings& findings) {
  return {{"classes", class_table(findings)},
          {"split", split_table(findings)},
          {"sites", site_table(findings)},
          {"scores_genomes", score_table(findings, "genomes")},
          {"scores_windows", score_table(findings, "windows")},
          {"spaces", space_table(findings)},
          {"distances", distance_table(findings)},
          {"edits", edit_table(findings)},
          {"recombinants", recombinant_table(findings)}};
}

}  // namespace lexome
