// A mean over genes or stretches, with what drawing them afresh makes of it.
#pragma once

#include <cstdint>
#include <vector>

namespace lexome {

struct Mean {
  double value = 0, low = 0,
         high = 0;  // 95 % interval (bootstrap); NaN with fewer than five values
  int64_t count = 0;
};

Mean mean_of(const std::vector<double>& values, uint64_t seed);

}  // namespace lexome
