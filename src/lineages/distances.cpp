#include "lineages/distances.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "base/threads.h"
#include "report/metrics.h"

namespace lexome {
namespace {

std::vector<double> pair_ranks(const DistanceMatrix& matrix) {
  std::vector<double> values;
  for (size_t a = 0; a < matrix.size; ++a) {
    for (size_t b = a + 1; b < matrix.size; ++b) values.push_back(matrix.at(a, b));
  }
  return mean_ranks(values);
}

// What is left of y after a least-squares line on x.
std::vector<double> residuals(const std::vector<double>& y, const std::vector<double>& x) {
  const auto count = static_cast<double>(y.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double xy = 0, xx = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
  }
  const double slope = xx > 0 ? xy / xx : 0;
  std::vector<double> left(y.size());
  for (size_t i = 0; i < y.size(); ++i) left[i] = y[i] - mean_y - slope * (x[i] - mean_x);
  return left;
}

double norm(const std::vector<double>& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

}  // namespace

TreeAgreement tree_agreement(const DistanceMatrix& distance, const DistanceMatrix& tree,
                             const DistanceMatrix& given, int permutations, uint64_t seed,
                             int threads) {
  const std::vector<double> d = pair_ranks(distance), t = pair_ranks(tree), g = pair_ranks(given);
  TreeAgreement agreement;
  agreement.with_tree = pearson(d, t);
  agreement.with_given = pearson(d, g);
  const std::vector<double> rest_d = residuals(d, g), rest_t = residuals(t, g);
  const double scale = norm(rest_d) * norm(rest_t);
  if (norm(rest_d) <= 1e-9 * norm(d) || norm(rest_t) <= 1e-9 * norm(t)) {
    agreement.partial = agreement.p_value = std::numeric_limits<double>::quiet_NaN();
    return agreement;
  }
  agreement.partial = std::inner_product(rest_d.begin(), rest_d.end(), rest_t.begin(), 0.0) / scale;
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
          std::abs(sum) >= std::abs(agreement.partial) * scale * (1 - 1e-12);
    }
  });
  const auto count = std::accumulate(as_large.begin(), as_large.end(), 1);
  agreement.p_value = static_cast<double>(count) / (1.0 + permutations);
  return agreement;
}

}  // namespace lexome
