// Recombinants as a positive control: what stands left of the breakpoint must fall to one parent,
// what stands right of it to the other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/tree.h"

namespace lexome {

struct Recombination {
  std::string name, left_parent, right_parent;  // leaves
  size_t leaves[2] = {0, 0};                    // the parents
  std::vector<size_t> recombinants;             // the leaf of that name and the lineages below it
  uint32_t from = 0, to = 0;  // the breakpoint lies in [from, to): both parents agree in between
  int64_t telling = 0;        // sites where the parents differ
};

// "XBB=BJ.1,BM.1.1.1". The breakpoint is the one at which the leaf of that name disagrees with its
// parents at the fewest sites that tell them apart. ConfigError: text that is none, a leaf that the
// tree has not, parents that do not differ.
Recombination read_recombination(const std::string& text, const LineageTree& tree);

// The left part, then the right part: [0, middle of the breakpoint) and the rest.
std::vector<Span> recombination_parts(const Recombination& one, size_t reference_length);

struct RecombinationFinding {
  std::string representation;
  size_t left = 0, right = 0, of = 0;  // recombinants that fall to the right parent on each side
};

}  // namespace lexome
