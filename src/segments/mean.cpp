#include "segments/mean.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "report/statistics.h"

namespace lexome {
namespace {

constexpr size_t kFew = 5;
constexpr int kReplicates = 1000;

}  // namespace

Mean mean_of(const std::vector<double>& values, uint64_t seed) {
  Mean mean;
  mean.count = static_cast<int64_t>(values.size());
  mean.value = mean.low = mean.high = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return mean;
  const auto n = static_cast<double>(values.size());
  mean.value = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < kFew) return mean;
  std::vector<double> drawn;
  for (int r = 0; r < kReplicates; ++r) {
    Random random(seed, Purpose::kBootstrap, static_cast<uint64_t>(r));
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
    drawn.push_back(sum / n);
  }
  std::sort(drawn.begin(), drawn.end());
  mean.low = sorted_quantile(drawn, 0.025);
  mean.high = sorted_quantile(drawn, 0.975);
  return mean;
}

}  // namespace lexome
