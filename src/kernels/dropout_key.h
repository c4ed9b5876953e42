// The key of a dropout row, without torch: shared by the tensor code and the row kernels.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace lexome {

struct DropoutRow {
  uint32_t add, mix;
};

// Philox over (row, site, step) under the seed.
inline DropoutRow dropout_row_key(uint64_t seed, uint64_t step, uint32_t site, uint64_t row) {
  const std::array<uint32_t, 4> counter = {
      static_cast<uint32_t>(row), static_cast<uint32_t>(row >> 32) ^ (site << 8),
      static_cast<uint32_t>(step),
      static_cast<uint32_t>(step >> 32) ^ (static_cast<uint32_t>(Purpose::kDropout) << 24)};
  const auto words =
      philox(counter, {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  return {words[0], words[1]};
}

}  // namespace lexome
