// Limited-memory BFGS. Curvature pairs are kept only when they are positive, so the direction is
// always a descent; the line search brackets by doubling and bisects (Lewis and Overton 2013).
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include "data/logistic.h"

namespace lexome {
namespace {

constexpr size_t kMemory = 10;       // curvature pairs kept
constexpr double kArmijo = 1e-4;     // share of the promised descent a step must give
constexpr double kCurvature = 0.9;   // share of the slope that may remain
constexpr double kRounding = 1e-14;  // of the value: what it may rise by without meaning it
constexpr int kMostTrials = 40;

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(double factor, const Vector& from, Vector* to) {
  for (size_t i = 0; i < from.size(); ++i) (*to)[i] += factor * from[i];
}

double largest(const Vector& v) {
  double most = 0;
  for (const double value : v) most = std::max(most, std::abs(value));
  return most;
}

struct Pair {
  Vector step, change;  // of x and of the gradient
  double inverse = 0;   // 1 / (step . change)
};

// Minus the approximate inverse Hessian times the gradient: the two-loop recursion.
Vector direction_of(const Vector& gradient, const std::deque<Pair>& pairs) {
  Vector q = gradient;
  std::vector<double> alpha(pairs.size());
  for (size_t i = pairs.size(); i-- > 0;) {
    alpha[i] = pairs[i].inverse * dot(pairs[i].step, q);
    add_scaled(-alpha[i], pairs[i].change, &q);
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = 1.0 / (last.inverse * dot(last.change, last.change));
    for (double& value : q) value *= scale;
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    add_scaled(alpha[i] - pairs[i].inverse * dot(pairs[i].change, q), pairs[i].step, &q);
  }
  for (double& value : q) value = -value;
  return q;
}

}  // namespace

int minimise_lbfgs(
    const std::function<double(const std::vector<double>& x, std::vector<double>* gradient)>& value,
    double tolerance, double decrease, int most_steps, std::vector<double>* x) {
  std::deque<Pair> pairs;
  Vector gradient(x->size()), next_gradient(x->size()), next_x(x->size());
  double now = value(*x, &gradient);
  int step = 0;
  for (; step < most_steps && largest(gradient) > tolerance; ++step) {
    const Vector direction = direction_of(gradient, pairs);
    const double slope = dot(direction, gradient);
    double length = pairs.empty() ? 1.0 / std::max(1.0, std::sqrt(dot(gradient, gradient))) : 1.0;
    double low = 0, high = std::numeric_limits<double>::infinity();
    double next = now;
    bool good = false;
    for (int trial = 0; trial < kMostTrials && !good; ++trial) {
      next_x = *x;
      add_scaled(length, direction, &next_x);
      next = value(next_x, &next_gradient);
      if (!(next <= now + kArmijo * length * slope + kRounding * std::abs(now))) {
        high = length;
      } else if (dot(direction, next_gradient) < kCurvature * slope) {
        low = length;
      } else {
        good = true;
        break;
      }
      length = std::isfinite(high) ? 0.5 * (low + high) : 2.0 * low;
    }
    if (!good && !(next < now)) break;  // rounding has eaten what descent is left
    Pair pair{next_x, next_gradient, 0};
    add_scaled(-1.0, *x, &pair.step);
    add_scaled(-1.0, gradient, &pair.change);
    const double curvature = dot(pair.step, pair.change);
    x->swap(next_x);
    gradient.swap(next_gradient);
    const bool slow = now - next <= decrease * std::abs(now);
    now = next;
    if (decrease > 0 && slow) return step + 1;
    if (curvature > 1e-12 * dot(pair.change, pair.change)) {
      pair.inverse = 1.0 / curvature;
      pairs.push_back(std::move(pair));
      if (pairs.size() > kMemory) pairs.pop_front();
    }
  }
  return step;
}

}  // namespace lexome
