// A ConvNeXt block along sequences (Liu et al. 2022, in one dimension) without gradients, in
// bfloat16, in one pass: y = x + scale * (W2 gelu(W1 norm(dw(x)) + b1) + b2). Stretches of
// positions go through all of it while they lie in the caches, so that nothing of the inner width
// is ever written to memory. Shape letters: B rows, L positions, D width, F inner width, K taps.
#pragma once

#include "kernels/linear.h"

namespace lexome {

struct ConvNextWeights {
  Tensor dw_weight_KD, dw_bias_D, norm_weight_D, norm_bias_D, in_bias_F, out_bias_D;
  Tensor scale_D;  // undefined: none
  double norm_eps = 0;
};

// True where the pass below exists: on CPUs with tile registers, for widths that are multiples of
// 32, weights packed for bfloat16.
bool convnext_fits(const Tensor& x_BLD, const WeightCopy& in, const WeightCopy& out);

// x_BLD fp32; what stands behind a row's end is not read. Residual, norm and sums are fp32, the
// operands of both products bfloat16. What a position becomes does not depend on which others are
// given with it beyond its taps.
Tensor convnext(const Tensor& x_BLD, const Tensor& lengths_B, const ConvNextWeights& weights,
                const WeightCopy& in, const WeightCopy& out);

}  // namespace lexome
