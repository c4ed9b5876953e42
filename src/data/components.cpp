#include "data/components.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/symmetric_eigen.h"

namespace lexome {

Components dense_components(const std::vector<float>& rows, size_t width, size_t count) {
  Components out;
  const size_t n = width == 0 ? 0 : rows.size() / width;
  if (n == 0) return out;
  std::vector<double> mean(width, 0), centred(width), covariance(width * width, 0);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < width; ++j)
      mean[j] += static_cast<double>(rows[i * width + j]) / static_cast<double>(n);
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < width; ++j)
      centred[j] = static_cast<double>(rows[i * width + j]) - mean[j];
    for (size_t a = 0; a < width; ++a) {
      for (size_t b = 0; b <= a; ++b) covariance[a * width + b] += centred[a] * centred[b];
    }
  }
  const SymmetricEigen eigen = symmetric_eigen(std::move(covariance), width);
  const double total = std::accumulate(eigen.values.begin(), eigen.values.end(), 0.0);
  out.points.assign(n, std::vector<double>(count, 0));
  out.shares.assign(count, 0);
  for (size_t k = 0; k < std::min(count, width); ++k) {
    if (eigen.values[k] <= 0) break;
    out.shares[k] = eigen.values[k] / total;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < width; ++j)
        out.points[i][k] +=
            (static_cast<double>(rows[i * width + j]) - mean[j]) * eigen.vectors[k * width + j];
    }
  }
  settle_signs(&out);
  return out;
}

void settle_signs(Components* components) {
  auto& points = components->points;
  for (size_t k = 0; k < components->shares.size(); ++k) {
    double furthest = 0;
    for (const auto& point : points) {
      if (std::abs(point[k]) > std::abs(furthest)) furthest = point[k];
    }
    if (furthest >= 0) continue;
    for (auto& point : points) point[k] = -point[k];
  }
}

}  // namespace lexome
