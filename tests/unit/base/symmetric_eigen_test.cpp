// Eigenvectors of symmetric matrices: A v = lambda v, orthonormal, and cases known by hand.
#include "base/symmetric_eigen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// Largest deviation from A v = lambda v and from v v' = 1.
double deviation(const std::vector<double>& a, size_t n, const SymmetricEigen& eigen) {
  double worst = 0;
  for (size_t k = 0; k < n; ++k) {
    const double* const v = eigen.vectors.data() + k * n;
    for (size_t i = 0; i < n; ++i) {
      double product = 0, overlap = 0;
      for (size_t j = 0; j < n; ++j) {
        product += a[i * n + j] * v[j];
        overlap += eigen.vectors[i * n + j] * v[j];
      }
      worst = std::max({worst, std::abs(product - eigen.values[k] * v[i]),
                        std::abs(overlap - (i == k ? 1 : 0))});
    }
  }
  return worst;
}

TEST(SymmetricEigen, RandomMatricesOfEverySize) {
  for (const size_t n : {1u, 2u, 3u, 10u, 61u}) {
    Random random(n, Purpose::kTest);
    std::vector<double> a(n * n);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j <= i; ++j) a[i * n + j] = a[j * n + i] = random.normal();
    }
    const SymmetricEigen eigen = symmetric_eigen(a, n);
    EXPECT_LT(deviation(a, n, eigen), 1e-12 * static_cast<double>(n + 5)) << n;
    for (size_t k = 1; k < n; ++k) EXPECT_GE(eigen.values[k - 1], eigen.values[k]);
  }
}

TEST(SymmetricEigen, EqualValuesZerosAndDiagonals) {
  const SymmetricEigen zero = symmetric_eigen(std::vector<double>(16, 0), 4);
  EXPECT_EQ(zero.values, std::vector<double>(4, 0));
  // The products of two rows: rank two of five, each value twice or thrice.
  std::vector<double> a(25, 0);
  for (const size_t i : {0u, 2u, 4u}) {
    for (const size_t j : {0u, 2u, 4u}) a[i * 5 + j] = 1;
  }
  for (const size_t i : {1u, 3u}) {
    for (const size_t j : {1u, 3u}) a[i * 5 + j] = 1;
  }
  const SymmetricEigen two = symmetric_eigen(a, 5);
  EXPECT_LT(deviation(a, 5, two), 1e-14);
  EXPECT_NEAR(two.values[0], 3, 1e-14);
  EXPECT_NEAR(two.values[1], 2, 1e-14);
  EXPECT_NEAR(two.values[2], 0, 1e-14);
  EXPECT_EQ(symmetric_eigen({}, 0).values.size(), 0u);
}

TEST(SymmetricEigen, RefusesWhatIsNotFinite) {
  EXPECT_THROW(symmetric_eigen({1, 0, std::numeric_limits<double>::quiet_NaN(), 1}, 2),
               InternalError);
  EXPECT_THROW(symmetric_eigen({1, 2, 3}, 2), InternalError);
}

}  // namespace
}  // namespace lexome
