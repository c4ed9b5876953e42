// Genomes as points: principal components of rows of numbers.
#pragma once

#include <vector>

#include "data/components.h"
#include "data/kmer_features.h"

namespace lexome {

// The first `count` principal components of the rows named, centred, not scaled. Exact: from the
// eigenvectors of the rows' products, whose work grows with the cube of the rows; for a few
// hundred, or a thousand.
Components principal_components(const SparseRows& rows, const std::vector<size_t>& which,
                                size_t count);

}  // namespace lexome
