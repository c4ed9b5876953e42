// Negatives that look like the positives: windows with the same GC and soft-masked share, from the
// same part, that touch no positive, no excluded place and no other negative.
#pragma once

#include <functional>
#include <vector>

#include "data/dataset_places.h"

namespace lexome {

struct Placement {
  const GenomeSet& genomes;
  const PartMap& parts;
  const Regions& positives;  // intervals as in the file and the windows around them
  const Regions& excluded;
  double max_n = 0;
};

// Fetches bases (of the strand of `where`) and works out GC and soft-masked share. False when too
// much of it is N.
bool fetch_item(const GenomeSet& genomes, double max_n, DatasetItem* item);

// A negative for every positive of a part, `ratio` times over; an item without bases where none was
// found. Candidates are random windows of the part. A pure function of its arguments and the seed.
std::vector<DatasetItem> matched_windows(const Placement& placement, int part,
                                         const std::vector<DatasetItem>& positives, int64_t ratio,
                                         uint64_t seed, int threads);

// Likewise out of given windows, each used once.
std::vector<DatasetItem> matched_from(const Placement& placement, int part,
                                      const std::vector<DatasetItem>& positives, int64_t ratio,
                                      const std::vector<Locus>& windows, int threads);

}  // namespace lexome
