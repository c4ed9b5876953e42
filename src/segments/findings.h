// What an analysis of units found, before it has a form; analysis.cpp fills it, and the tables and
// sections are made of it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/page.h"
#include "segments/agreement.h"
#include "segments/class_lengths.h"
#include "segments/codon_phase.h"
#include "segments/landmarks.h"
#include "segments/segmentation.h"
#include "segments/stability.h"
#include "segments/unit_map.h"

namespace lexome {

struct UnitRow {
  Segmentation segments;
  // By landmark, then by tolerance; these three are empty when there is nothing to compare.
  std::vector<std::vector<Agreement>> agreements;
  std::vector<ClassLengths> lengths;
  CodonPhases codons;
  std::vector<Stability> stability;
};

struct UnitView {
  std::string region, svg;
};

struct UnitFindings {
  std::vector<UnitRow> rows;
  std::vector<std::string> landmarks;  // names, in order
  bool has_genes = false;
  int64_t bases = 0;
  std::vector<UnitView> views;
  std::vector<ViewedTap> viewed_taps;
  std::vector<NetworkUnits> networks;  // of the rows that are networks: trained, then untrained
  uint64_t seed = 1;
  std::vector<std::string> notes;  // what was done, in sentences
};

// The tables of the output folder, by file name without ".tsv".
std::vector<std::pair<std::string, ShownTable>> unit_tables(const UnitFindings& findings);
std::vector<Section> unit_sections(const UnitFindings& findings);
// Those of the networks; none without one.
std::vector<std::pair<std::string, ShownTable>> network_tables(const UnitFindings& findings);
std::vector<Section> network_sections(const UnitFindings& findings);

}  // namespace lexome
