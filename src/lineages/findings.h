// What an analysis of lineages found, before it has a form; analysis.cpp fills it, and the tables
// and sections are made of it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "lineages/distances.h"
#include "lineages/edits.h"
#include "lineages/map.h"
#include "lineages/recombinants.h"
#include "lineages/view.h"
#include "report/page.h"
#include "report/point_map.h"

namespace lexome {

inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

// How a method did on one view.
struct MethodScore {
  std::string view, method;
  std::string what;  // "linear probe", "nearest neighbour", ...
  double macro_f1 = kNotMeasured, accuracy = kNotMeasured;
  double with_site = kNotMeasured, without_site = kNotMeasured;  // macro-F1 of windows
  std::vector<double> f1;                                        // of each class
  std::string setting;
};

// How a representation of whole genomes lays out the classes.
struct SpaceScore {
  std::string name;
  double silhouette = kNotMeasured;
  double neighbours = kNotMeasured;                      // macro-F1 of the 15 nearest
  double between = kNotMeasured, within = kNotMeasured;  // Jensen-Shannon, bits
};

// How distances between genomes in a representation follow others', and the tree's beyond them.
struct DistanceFinding {
  std::string name;
  double with_tree = kNotMeasured, with_hamming = kNotMeasured, with_words = kNotMeasured;
  double with_twin = kNotMeasured;
  PartialAgreement given_hamming, given_words, given_twin;  // the last two: and Hamming
};

// Genomes as points of a representation.
struct GenomeMap {
  std::string name;
  std::vector<size_t> genomes;  // of the task
  Components components;
};

struct LineageFindings {
  LineageTask task;
  std::vector<DefiningSite> sites;
  std::string attribute;
  std::vector<std::string> unsplit;  // classes that no subtree splits
  size_t windows = 0, tested_windows = 0, windows_with_site = 0;
  double reference_share = 0;  // tested windows equal to the reference's
  std::vector<MethodScore> scores;
  std::vector<SpaceScore> spaces;
  size_t apart = 0;  // genomes of the test of distances, one a subtree
  std::vector<DistanceFinding> distances;
  std::vector<std::pair<std::string, EditFinding>> edits;
  std::vector<Recombination> recombinations;
  std::vector<std::vector<RecombinationFinding>> recombinants;  // by recombination
  std::vector<GenomeMap> maps;
  uint64_t seed = 1;
  std::vector<Gene> genes;
  std::vector<std::string> notes;  // what was done, in sentences
};

// The tables of the output folder, by file name without ".tsv".
std::vector<std::pair<std::string, ShownTable>> lineage_tables(const LineageFindings& findings);
std::vector<Section> lineage_sections(const LineageFindings& findings);

// The sections' parts. `view`: "genomes" or "windows".
ShownTable score_table(const LineageFindings& findings, const std::string& view);
ShownTable space_table(const LineageFindings& findings);
ShownTable class_table(const LineageFindings& findings);
ShownTable distance_table(const LineageFindings& findings);
ShownTable edit_table(const LineageFindings& findings);
ShownTable recombinant_table(const LineageFindings& findings);
PointMap genome_points(const LineageFindings& findings, const GenomeMap& map);
// The figure along the genome, as JSON.
std::string track_json(const LineageFindings& findings);

}  // namespace lexome
