#include "lineages/distances.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/threads.h"
#include "report/metrics.h"

namespace lexome {
namespace {

// Mean 0. Distances that are sums in another order differ in their last digits, and ranks would
// make much of that: nine digits of the largest distance count.
std::vector<double> centred_ranks(const DistanceMatrix& matrix) {
  const double largest = *std::max_element(matrix.values.begin(), matrix.values.end());
  std::vector<double> values;
  for (size_t a = 0; a < matrix.size; ++a) {
    for (size_t b = a + 1; b < matrix.size; ++b) {
      values.push_back(largest > 0 ? std::round(matrix.at(a, b) / largest * 1e9) : 0);
    }
  }
  std::vector<double> ranks = mean_ranks(values);
  const double mean = (static_cast<double>(ranks.size()) + 1) / 2;
  for (double& rank : ranks) rank -= mean;
  return ranks;
}

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

double norm(const std::vector<double>& x) { return std::sqrt(dot(x, x)); }

// What is left of `y` when its part along each of the orthonormal `axes` is taken out; empty where
// nothing is left but rounding.
std::vector<double> rest(std::vector<double> y, const std::vector<std::vector<double>>& axes) {
  const double whole = norm(y);
  for (int pass = 0; pass < 2; ++pass) {  // the second takes out what rounding left
    for (const std::vector<double>& axis : axes) {
      const double along = dot(y, axis);
      for (size_t i = 0; i < y.size(); ++i) y[i] -= along * axis[i];
    }
  }
  if (norm(y) <= 1e-9 * whole) y.clear();
  return y;
}

}  // namespace

double pair_correlation(const DistanceMatrix& a, const DistanceMatrix& b) {
  return pearson(centred_ranks(a), centred_ranks(b));
}

PartialAgreement partial_agreement(const DistanceMatrix& distance, const DistanceMatrix& tree,
                                   const std::vector<const DistanceMatrix*>& given,
                                   int permutations, uint64_t seed, int threads) {
  std::vector<std::vector<double>> axes;
  for (const DistanceMatrix* one : given) {
    std::vector<double> axis = rest(centred_ranks(*one), axes);
    const double length = norm(axis);
    for (double& value : axis) value /= length;
    if (!axis.empty()) axes.push_back(std::move(axis));
  }
  const std::vector<double> rest_d = rest(centred_ranks(distance), axes);
  const std::vector<double> rest_t = rest(centred_ranks(tree), axes);
  PartialAgreement agreement;
  if (rest_d.empty() || rest_t.empty()) return agreement;
  const double scale = norm(rest_d) * norm(rest_t);
  agreement.correlation = dot(rest_d, rest_t) / scale;
  DistanceMatrix square(distance.size);
  for (size_t a = 0, i = 0; a < square.size; ++a) {
    for (size_t b = a + 1; b < square.size; ++b, ++i) {
      square.at(a, b) = square.at(b, a) = rest_d[i];
    }
  }
  std::vector<uint8_t> as_large(static_cast<size_t>(permutations), 0);
  parallel_for(permutations, 16, threads, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      Random random(seed, Purpose::kBootstrap, static_cast<uint64_t>(p));
      std::vector<size_t> order(square.size);
      std::iota(order.begin(), order.end(), size_t{0});
      for (size_t i = 0; i + 1 < order.size(); ++i) {
        std::swap(order[i], order[i + random.below(order.size() - i)]);
      }
      double sum = 0;
      for (size_t a = 0, i = 0; a < order.size(); ++a) {
        for (size_t b = a + 1; b < order.size(); ++b, ++i) {
          sum += rest_t[i] * square.at(order[a], order[b]);
        }
      }
      as_large[static_cast<size_t>(p)] =
          std::abs(sum) >= std::abs(agreement.correlation) * scale * (1 - 1e-12);
    }
  });
  const auto count = std::accumulate(as_large.begin(), as_large.end(), 1);
  agreement.p_value = static_cast<double>(count) / (1.0 + permutations);
  return agreement;
}

}  // namespace lexome
