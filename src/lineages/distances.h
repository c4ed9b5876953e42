// Do distances between representations of genomes follow the tree beyond what substitutions tell?
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
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

// Spearman correlation over pairs of genomes; values that differ by rounding alone are ties. NaN
// where a side has no spread.
double pair_correlation(const DistanceMatrix& a, const DistanceMatrix& b);

struct PartialAgreement {
  double correlation = std::numeric_limits<double>::quiet_NaN();
  double p_value = std::numeric_limits<double>::quiet_NaN();  // two-sided, by permuting genomes
};

// Partial Mantel test (Smouse, Long and Sokal 1986, Syst Zool 35:627) of a distance with the
// tree's, on ranks: what the distances `given` explain together is taken out of both sides by least
// squares, and the rest of `distance` is permuted, rows and columns alike. NaN where a side has no
// spread left, as when `distance` is one of those given.
PartialAgreement partial_agreement(const DistanceMatrix& distance, const DistanceMatrix& tree,
                                   const std::vector<const DistanceMatrix*>& given,
                                   int permutations, uint64_t seed, int threads);

}  // namespace lexome
