#include "lineages/map.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lineages/features.h"

namespace lexome {
namespace {

// Eigenvalues on the diagonal of `a`, eigenvectors in the columns of `v` (cyclic Jacobi rotations).
void diagonalise(std::vector<double>* matrix, std::vector<double>* vectors, size_t n) {
  std::vector<double>&a = *matrix, &v = *vectors;
  v.assign(n * n, 0);
  for (size_t i = 0; i < n; ++i) v[i * n + i] = 1;
  const double all = std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
  for (int sweep = 0; sweep < 50; ++sweep) {
    double off = 0;
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) off += a[p * n + q] * a[p * n + q];
    }
    if (off <= 1e-20 * all) return;
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        if (a[p * n + q] == 0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (size_t k = 0; k < n; ++k) {
          const double kp = a[k * n + p], kq = a[k * n + q];
          a[k * n + p] = c * kp - s * kq;
          a[k * n + q] = s * kp + c * kq;
        }
        for (size_t k = 0; k < n; ++k) {
          const double pk = a[p * n + k], qk = a[q * n + k];
          a[p * n + k] = c * pk - s * qk;
          a[q * n + k] = s * pk + c * qk;
        }
        for (size_t k = 0; k < n; ++k) {
          const double kp = v[k * n + p], kq = v[k * n + q];
          v[k * n + p] = c * kp - s * kq;
          v[k * n + q] = s * kp + c * kq;
        }
      }
    }
  }
}

}  // namespace

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
  std::vector<double> vectors;
  diagonalise(&products, &vectors, n);
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return products[a * n + a] > products[b * n + b]; });
  Components out;
  out.points.assign(n, {});
  for (size_t k = 0; k < std::min(count, n); ++k) {
    const size_t j = order[k];
    const double value = std::max(0.0, products[j * n + j]);
    size_t largest = 0;
    for (size_t i = 1; i < n; ++i) {
      if (std::abs(vectors[i * n + j]) > std::abs(vectors[largest * n + j])) largest = i;
    }
    const double sign = vectors[largest * n + j] < 0 ? -1 : 1;
    for (size_t i = 0; i < n; ++i) {
      out.points[i].push_back(sign * vectors[i * n + j] * std::sqrt(value));
    }
    out.shares.push_back(total > 0 ? value / total : 0);
  }
  return out;
}

}  // namespace lexome
