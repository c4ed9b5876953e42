// A window: a stretch of bases that is tokenized, masked and fed to a model as one item. Views do
// not own memory; whoever fetched the bases keeps them alive.
#pragma once

#include <cstdint>
#include <span>

#include "lexome/bases.h"

namespace lexome {

// Where a window comes from: indices into a GenomeSet. `start`/`end` are forward coordinates
// whatever the strand; the bases of a '-' window are the reverse complement.
struct Locus {
  int32_t genome = -1;  // -1: not from a genome (a labelled sequence, a stream)
  int32_t contig = -1;
  int64_t start = 0;
  int64_t end = 0;
  char strand = '+';
};

struct Window {
  BasesView bases;
  Locus locus;
};

}  // namespace lexome
