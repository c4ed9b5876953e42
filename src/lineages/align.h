// An isolate laid against the reference: shared words that stand once in the reference anchor it,
// what lies between anchors is aligned base by base. Genomes of one virus differ by little, so
// anchors are dense and the rest is short.
#pragma once

#include <string>

#include "lineages/aligned.h"

namespace lexome {

class ReferenceAligner {
 public:
  explicit ReferenceAligner(BasesView reference);  // must outlive this
  // Substitutions, deleted and unknown bases as changes; insertions are left out. Ends that the
  // genome does not reach are unknown. InputError with `name`: too little in common to be placed.
  Changes align(BasesView genome, const std::string& name) const;

 private:
  BasesView reference_;
  std::vector<std::pair<uint64_t, uint32_t>> words_;  // by word; those that stand once
};

// Needleman and Wunsch with linear gap costs (match 1, mismatch -1, gap -2; an unknown base costs
// nothing): for every base of `a` the index of its partner in `b`, or -1.
std::vector<int64_t> global_alignment(BasesView a, BasesView b);

}  // namespace lexome
