// ConvNeXt blocks on raw memory (kernels/convnext.h), for ranges of positions b * L + l of all
// rows. No torch types.
#pragma once

#include <cstdint>

#include "kernels/depthwise_rows.h"
#include "kernels/rows.h"

namespace lexome {

// Positions that go through a block together: with their inner features they fill about half of a
// second-level cache of 2 MiB.
inline constexpr int64_t kConvNextStretch = 256;

struct ConvNextArguments {
  DepthwiseArguments dw;                         // without y
  NormArguments norm;                            // gamma, beta, eps and columns
  const uint16_t *in = nullptr, *out = nullptr;  // packed for tile registers (kernels/amx.h)
  const float *in_bias = nullptr, *out_bias = nullptr, *scale = nullptr;  // scale may be null
  int64_t inner = 0;                                                      // F
  float* y = nullptr;
};

// Only where amx_ready(); D and F multiples of 32.
void amx_convnext(const ConvNextArguments& arguments, int64_t begin, int64_t end);

}  // namespace lexome
