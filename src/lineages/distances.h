// Do distances between representations of genomes follow the tree beyond what substitutions tell?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lexome {

// A symmetric matrix of distances, row by row.
struct DistanceMatrix {
  size_t size = 0;
  std::vector<double> values;
  explicit DistanceMatrix(size_t n = 0) : size(n), values(n * n, 0) {}
  double& at(size_t a, size_t b) { return values[a * size + b]; }
  double at(size_t a, size_t b) const { return values[a * size + b]; }
};

struct TreeAgreement {
  double with_tree = 0, with_given = 0;  // Spearman over pairs
  double partial = 0;                    // with the tree, given the other distance; of ranks
  double p_value = 1;                    // two-sided, by permuting genomes
};

// Partial Mantel test (Smouse, Long and Sokal 1986, Syst Zool 35:627) on ranks: what `given`
// explains is taken out of both sides by least squares, and the rest of `distance` is permuted,
// rows and columns alike. NaN where a side has no spread left.
TreeAgreement tree_agreement(const DistanceMatrix& distance, const DistanceMatrix& tree,
                             const DistanceMatrix& given, int permutations, uint64_t seed,
                             int threads);

}  // namespace lexome
