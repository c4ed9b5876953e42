#include "base/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lexome/error.h"

namespace lexome {
namespace {

// A tridiagonal matrix and the rows of Q with Q A Q^T = T.
struct Tridiagonal {
  std::vector<double> diagonal, beside;  // beside[i] stands between i and i + 1; the last is zero
  std::vector<double> rows;
};

// Step k sends what is below the diagonal's neighbour in column k to zero by reflecting rows and
// columns k + 1 .. n - 1 at the plane orthogonal to v.
Tridiagonal reduced(std::vector<double>* matrix, size_t n) {
  std::vector<double>& a = *matrix;
  Tridiagonal out;
  out.diagonal.resize(n);
  out.beside.assign(n, 0);
  std::vector<double> v(n), w(n), scales(n, 0);
  std::vector<std::vector<double>> planes(n);
  for (size_t k = 0; k + 2 < n; ++k) {
    double norm = 0;
    for (size_t i = k + 1; i < n; ++i) {
      v[i] = a[i * n + k];
      norm += v[i] * v[i];
    }
    norm = std::sqrt(norm);
    out.beside[k] = v[k + 1] > 0 ? -norm : norm;
    if (norm == 0) continue;
    v[k + 1] -= out.beside[k];
    double square = 0;
    for (size_t i = k + 1; i < n; ++i) square += v[i] * v[i];
    if (square == 0) continue;
    const double scale = 2 / square;
    std::fill(w.begin(), w.end(), 0.0);
    for (size_t i = k + 1; i < n; ++i) {  // w = A v, of the lower triangle
      double sum = a[i * n + i] * v[i];
      for (size_t j = k + 1; j < i; ++j) {
        sum += a[i * n + j] * v[j];
        w[j] += a[i * n + j] * v[i];
      }
      w[i] += sum;
    }
    double overlap = 0;
    for (size_t i = k + 1; i < n; ++i) overlap += v[i] * w[i];
    for (size_t i = k + 1; i < n; ++i) w[i] = scale * (w[i] - 0.5 * scale * overlap * v[i]);
    for (size_t i = k + 1; i < n; ++i) {
      for (size_t j = k + 1; j <= i; ++j) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
    }
    scales[k] = scale;
    planes[k].assign(v.begin() + static_cast<ptrdiff_t>(k) + 1, v.end());
  }
  for (size_t i = 0; i < n; ++i) out.diagonal[i] = a[i * n + i];
  if (n >= 2) out.beside[n - 2] = a[(n - 1) * n + n - 2];
  out.rows.assign(n * n, 0);
  for (size_t i = 0; i < n; ++i) out.rows[i * n + i] = 1;
  for (size_t k = n; k-- > 0;) {  // rows of Q: each reflection acts on their columns
    if (scales[k] == 0) continue;
    const std::vector<double>& plane = planes[k];
    for (size_t row = k + 1; row < n; ++row) {
      double* const at = out.rows.data() + row * n + k + 1;
      const double by = scales[k] * std::inner_product(plane.begin(), plane.end(), at, 0.0);
      for (size_t i = 0; i < plane.size(); ++i) at[i] -= by * plane[i];
    }
  }
  return out;
}

void rotate(double* low, double* high, double c, double s, size_t n) {
  for (size_t k = 0; k < n; ++k) {
    const double was = high[k];
    high[k] = s * low[k] + c * was;
    low[k] = c * low[k] - s * was;
  }
}

// One sweep from `last` up to `first`, which chases a bulge along the diagonal.
void sweep(Tridiagonal* t, size_t first, size_t last, size_t n) {
  std::vector<double>&d = t->diagonal, &e = t->beside;
  const double slope = (d[first + 1] - d[first]) / (2 * e[first]);
  double g = d[last] - d[first] + e[first] / (slope + std::copysign(std::hypot(slope, 1.0), slope));
  double s = 1, c = 1, carried = 0;
  for (size_t i = last; i-- > first;) {
    const double f = s * e[i], b = c * e[i], r = std::hypot(f, g);
    e[i + 1] = r;
    if (r == 0) {  // the matrix falls apart here
      d[i + 1] -= carried;
      e[last] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - carried;
    const double turned = (d[i] - g) * s + 2 * c * b;
    carried = s * turned;
    d[i + 1] = g + carried;
    g = c * turned - b;
    rotate(t->rows.data() + i * n, t->rows.data() + (i + 1) * n, c, s, n);
  }
  d[first] -= carried;
  e[first] = g;
  e[last] = 0;
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, size_t n) {
  if (matrix.size() != n * n ||
      !std::all_of(matrix.begin(), matrix.end(), [](double x) { return std::isfinite(x); }))
    throw InternalError("eigenvectors of a matrix that is not square or not finite");
  Tridiagonal t = reduced(&matrix, n);
  const std::vector<double>&d = t.diagonal, &e = t.beside;
  // What is lost in rounding beside the largest entry is as good as zero.
  double largest = 0;
  for (size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(d[i]) + std::abs(e[i]));
  const double nothing = std::numeric_limits<double>::epsilon() * largest;
  for (size_t first = 0; first < n; ++first) {
    while (true) {
      size_t last = first;
      while (last + 1 < n && std::abs(e[last]) > nothing) ++last;
      if (last == first) break;
      sweep(&t, first, last, n);
    }
  }
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return d[a] > d[b]; });
  SymmetricEigen out;
  for (const size_t i : order) {
    out.values.push_back(d[i]);
    const double* const row = t.rows.data() + i * n;
    out.vectors.insert(out.vectors.end(), row, row + n);
  }
  return out;
}

}  // namespace lexome
