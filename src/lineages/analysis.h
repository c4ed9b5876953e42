// `lexome analyze lineages`: do vocabularies tell the lineages of a virus apart, and what do they
// add to reading the sequence itself?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/vocabularies.h"

namespace lexome {

struct LineageRequest {
  std::string tree;                   // Auspice JSON
  std::string reference;              // FASTA; empty: the tree's root sequence
  std::string consensus;              // FASTA aligned to the reference, named as leaves
  std::string constellations;         // folder of JSON files
  std::vector<std::string> genes;     // GFF
  std::vector<std::string> isolates;  // FASTA: tested instead of subtrees
  std::vector<std::string> labels;    // tables of the isolates' labels
  std::string attribute;              // of the leaves; empty: clade_who, else clade_membership
  std::vector<std::string> classes;   // empty: all
  std::vector<NamedVocabulary> vocabularies;  // beside bases and 6-mers
  std::vector<std::string> recombinants;      // NAME=LEFT,RIGHT
  int64_t window = 1000, per_class = 20;

  std::string out;  // folder
  bool force = false, provenance = true;
  uint64_t seed = 1;
  int threads = 1;
  std::string command;
};

struct LineageSummary {
  size_t classes = 0, train = 0, test = 0;  // genomes
  std::string best, best_windows;           // methods, the bound aside, with their macro-F1
};

// Writes out/{genomes,windows}/{train,dev,test}.csv, classes.tsv, split.tsv, sites.tsv,
// scores_genomes.tsv, scores_windows.tsv, spaces.tsv, distances.tsv, edits.tsv, recombinants.tsv,
// report.html and report.md; the folder appears whole or not at all. Throws ConfigError,
// InputError, IoError, FormatError.
LineageSummary analyze_lineages(const LineageRequest& request);

}  // namespace lexome
