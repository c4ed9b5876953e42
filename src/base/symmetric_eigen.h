// Eigenvalues and eigenvectors of a dense symmetric matrix, all of them, in double precision. For
// matrices of up to about a thousand rows: the work grows with the cube.
#pragma once

#include <cstddef>
#include <vector>

namespace lexome {

struct SymmetricEigen {
  std::vector<double> values;   // falling
  std::vector<double> vectors;  // [n, n], a row each, of length one; signs are arbitrary
};

// `matrix` is [n, n], row by row; only its lower triangle is read. Householder's reduction to a
// tridiagonal matrix, then QL with implicit shifts (Golub and Van Loan, Matrix Computations, 8.3).
// Throws InternalError for a matrix with a value that is not finite.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, size_t n);

}  // namespace lexome
