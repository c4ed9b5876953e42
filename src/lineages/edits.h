// The edit test: the observed base is put in at defining sites, and the same substitution at places
// that are alike but that no lineage changed. How much of a vocabulary's reading changes?
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lineages/view.h"

namespace lexome {

struct EditPlace {
  uint32_t position = 0;
  Base alternative = kN;
  std::vector<uint32_t> controls;  // at most kMostControls
};
inline constexpr size_t kMostControls = 5;

// Defining sites with their controls: positions that no leaf of the tree changes, with the same
// base, neighbours on both sides, position in the codon and gene (or none); drawn at random where
// there are many. A site in several classes stands once for each alternative.
std::vector<EditPlace> edit_places(const LineageTree& tree, const std::vector<DefiningSite>& sites,
                                   const std::vector<Gene>& genes, uint64_t seed);

// What a vocabulary says of each base of each sequence, in one column a level; compared as they
// are.
using BaseReader =
    std::function<std::vector<std::vector<std::vector<int32_t>>>(const std::vector<Bases>&)>;

struct EditFinding {
  size_t sites = 0, controls = 0, unmatched = 0;  // unmatched: sites without a control, left out
  double at_sites = 0, at_controls = 0;           // bases whose reading changes, mean
  int64_t farthest = 0;                           // from an edit to such a base
  double p_value = 1;
  std::vector<std::pair<uint32_t, int64_t>> by_site;  // position, changed bases; all sites
};

// One finding a level. A control counts by one over its site's controls. The p-value is two-sided
// over 9,999 draws in which each site changes its place with itself or any of its controls.
// `flank`: bases read on both sides of an edit.
std::vector<EditFinding> edit_test(BasesView reference, const std::vector<EditPlace>& places,
                                   const BaseReader& reader, uint32_t flank, uint64_t seed);

}  // namespace lexome
