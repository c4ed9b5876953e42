// Genomes as points: principal components of rows of numbers.
#pragma once

#include <vector>

#include "data/kmer_features.h"

namespace lexome {

struct Components {
  std::vector<std::vector<double>>
      points;                  // [row][component]; signs: the largest score is positive
  std::vector<double> shares;  // of the variance
};

// The first `count` principal components of the rows named, centred, not scaled. Exact: from the
// eigenvectors of the rows' products, by Jacobi's method; for at most a few hundred rows.
Components principal_components(const SparseRows& rows, const std::vector<size_t>& which,
                                size_t count);

}  // namespace lexome
