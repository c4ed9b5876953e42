// Which parts of a genome set are held out for validation. Shared by WindowPlan and its tests;
// nothing here looks at bases other than where the runs of N lie.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/genome.h"

namespace lexome {

// Held-out and training intervals of every contig: parts[genome][contig]. Intervals are ordered and
// disjoint; a gap may belong to neither side.
struct ContigSides {
  std::vector<Block> train, validation;
};
using Sides = std::vector<std::vector<ContigSides>>;

// By name: contigs, regions ("chr1:1,001-2,000") and "group:NAME", separated by commas. What
// touches a named homology group takes the whole group along (said once). InputError for names
// nobody has.
Sides hold_out_named(const GenomeSet& genomes, const std::string& list);

// By share: of every ungrouped contig of at least 20 windows the last `share` of its known bases,
// with a gap of one window; of the smaller ungrouped contigs every 1/share-th base's worth as whole
// contigs; of named groups whole ones, smallest first, while they fit into their share. When all
// this holds out nothing, the smallest unit that leaves something to train on goes; share 0 holds
// out nothing.
Sides hold_out_share(const GenomeSet& genomes, double share, int64_t window_length);

}  // namespace lexome
