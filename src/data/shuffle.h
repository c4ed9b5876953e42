// Sequences with the same dinucleotides in another order: controls that keep composition and
// neighbour preferences of the original but none of its motifs.
#pragma once

#include "base/random.h"
#include "lexome/bases.h"

namespace lexome {

// A uniform draw from all sequences with the same first base and exactly the same dinucleotide
// counts (Altschul and Erickson 1985, Mol Biol Evol 2:526): a random Euler path, its last exits
// drawn as a random tree by Wilson's loop-erased walk. N counts as a fifth letter.
Bases shuffle_dinucleotides(BasesView bases, Random* random);

}  // namespace lexome
