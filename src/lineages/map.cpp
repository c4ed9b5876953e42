#include "lineages/map.h"

#include <algorithm>
#include <cmath>

#include "base/symmetric_eigen.h"
#include "lineages/features.h"

namespace lexome {

Components principal_components(const SparseRows& rows, const std::vector<size_t>& which,
                                size_t count) {
  const size_t n = which.size();
  // Products of centred rows follow from squared distances (classical scaling).
  std::vector<double> products(n * n, 0), mean(n, 0);
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = a + 1; b < n; ++b) {
      products[a * n + b] = products[b * n + a] = squared_distance(rows, which[a], which[b]);
    }
  }
  double grand = 0;
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = 0; b < n; ++b) mean[a] += products[a * n + b] / static_cast<double>(n);
    grand += mean[a] / static_cast<double>(n);
  }
  double total = 0;
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = 0; b < n; ++b) {
      products[a * n + b] = -0.5 * (products[a * n + b] - mean[a] - mean[b] + grand);
    }
    total += products[a * n + a];
  }
  const SymmetricEigen eigen = symmetric_eigen(std::move(products), n);
  Components out;
  out.points.assign(n, {});
  for (size_t k = 0; k < std::min(count, n); ++k) {
    const double value = std::max(0.0, eigen.values[k]);
    for (size_t i = 0; i < n; ++i)
      out.points[i].push_back(eigen.vectors[k * n + i] * std::sqrt(value));
    out.shares.push_back(total > 0 ? value / total : 0);
  }
  settle_signs(&out);
  return out;
}

}  // namespace lexome
