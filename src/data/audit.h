// How much of one set of sequence stands in another: shared canonical k-mers, both strands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/labelled.h"
#include "data/window_plan.h"

namespace lexome {

struct Overlap {
  int64_t windows = 0;          // validation windows looked at
  int64_t contained = 0;        // of these, windows with containment >= threshold
  double mean_containment = 0;  // mean share of a window's k-mers that stand in training
  double share() const { return windows == 0 ? 0.0 : static_cast<double>(contained) / windows; }
};

// Canonical k-mer containment of tiled validation windows in the training side (both strands).
// Chance matches: k is chosen so that 4^k >> training bases.
Overlap audit_split(const WindowPlan& plan, int k = 24, double threshold = 0.5, int threads = 1);

// Of each row the share of its canonical k-mers that stand anywhere in the genomes, -1 for rows
// without one. The genomes are read once for every 20 million bases of rows.
std::vector<float> containment_in_genomes(const LabelledSet& rows, const GenomeSet& genomes,
                                          int k = 24, int threads = 1);

}  // namespace lexome
