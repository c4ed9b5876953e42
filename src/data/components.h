// Principal components: rows of numbers as points in a space of few dimensions.
#pragma once

#include <cstddef>
#include <vector>

namespace lexome {

struct Components {
  // [row][component]; a component's sign is such that its score furthest from zero is positive.
  std::vector<std::vector<double>> points;
  std::vector<double> shares;  // of the variance
};

// The first `count` principal components of rows of `width` numbers, one behind another; centred,
// not scaled. Exact: eigenvectors of the covariance (base/symmetric_eigen.h), whose work grows with
// the square of the width and its cube. Components without variance are zeros.
Components dense_components(const std::vector<float>& rows, size_t width, size_t count);

// Gives every component its sign.
void settle_signs(Components* components);

}  // namespace lexome
