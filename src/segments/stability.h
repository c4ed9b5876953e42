// Do units stay when little changes? The same stretches are cut again one base later, on the other
// strand, with one base substituted, and with the lines of a tokenizer's grid elsewhere.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "segments/mean.h"
#include "segments/segmentation.h"

namespace lexome {

// Cuts of each sequence, ascending, strictly inside it. `offset`: bases from a line of the
// tokenizer's own grid to each sequence's first base.
using Cutter = std::function<std::vector<std::vector<int64_t>>(const std::vector<Bases>& sequences,
                                                               int64_t offset)>;
// Sequences of no genome, as regions.
std::vector<Studied> as_studied(const std::vector<Bases>& sequences);

Cutter cutter_of(std::shared_ptr<const Tokenizer> tokenizer);
// `segments`: pmi_segments or entropy_segments of a table.
Cutter cutter_of(std::function<Segmentation(const std::vector<Studied>&)> segments);

struct Stability {
  std::string change;
  int64_t units = 0, kept = 0;  // a unit is kept when both its edges are, and no cut between
  Mean share;                   // kept of a stretch, mean over stretches
};

// Of 64 stretches of 601 bases without N, drawn from the regions with `seed`; their outer 100 bases
// are not compared. `own_lines` as in TokenizeRequest; with 0 there is no grid to move. Empty when
// no region is so long.
std::vector<Stability> stability(const Cutter& cut, int64_t own_lines,
                                 const std::vector<Studied>& regions, uint64_t seed);

// The grid's part alone, of at most `stretches` stretches; no units when no region is long enough.
Stability line_stability(const Cutter& cut, int64_t own_lines, const std::vector<Studied>& regions,
                         size_t stretches, uint64_t seed);

}  // namespace lexome
