// Both strands of a batch, so that MxDNA's router can score an interval alike on either: a unit of
// the reverse complement is then the mirrored unit. Each row becomes two, the strand that comes
// first in the alphabet before the other, so that a sequence and its reverse complement are the
// very same computation. Shape letters: R rows of the batch packed, S rows of both strands, E
// experts, B sequences.
#pragma once

#include <cstdint>
#include <vector>

#include "models/mxdna_units.h"

namespace lexome {

struct BothStrands {
  Packed rows;
  std::vector<int64_t> ids_S, positions_S;
  Tensor own_R;      // row of S that is row r of the batch
  Tensor mirror_RE;  // flat place in [S, E] of the same interval's score on the other strand
  std::vector<Orientation> orientation_B;
};

// ids_R and rows: the batch; complement[id] is what pairs with id. `lengths` are the units'.
BothStrands both_strands(const std::vector<int64_t>& ids_R, const Packed& rows,
                         const std::vector<int64_t>& complement,
                         const std::vector<int64_t>& lengths);

// The mean of an interval's scores on both strands, [R, E]; scores_SE is made of the rows above.
Tensor strand_mean(const Tensor& scores_SE, const BothStrands& strands);

}  // namespace lexome
