// A whole ConvNeXt block in one pass against the same from tensor operations in fp32, and that what
// a position becomes depends on its neighbours alone.
#include "kernels/convnext.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <gtest/gtest.h>

#include "kernels/depthwise.h"
#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::distance;
using lexome_test::random_tensor;

constexpr int64_t kWidth = 64, kInner = 160;

struct Block {
  ConvNextWeights weights;
  Tensor in_FD = random_tensor({kInner, kWidth}, 1) * 0.2,
         out_DF = random_tensor({kWidth, kInner}, 2) * 0.2;
  WeightCopy in = copy_weights({in_FD}, torch::kBFloat16),
             out = copy_weights({out_DF}, torch::kBFloat16);

  explicit Block(bool scaled) {
    weights = {random_tensor({7, kWidth}, 3),
               random_tensor({kWidth}, 4),
               random_tensor({kWidth}, 5),
               random_tensor({kWidth}, 6),
               random_tensor({kInner}, 7),
               random_tensor({kWidth}, 8),
               Tensor(),
               1e-6};
    if (scaled) weights.scale_D = random_tensor({kWidth}, 9);
  }
  Tensor fast(const Tensor& x_BLD, const Tensor& lengths_B) const {
    return convnext(x_BLD, lengths_B, weights, in, out);
  }
  Tensor plain(const Tensor& x_BLD, const Tensor& lengths_B) const {
    const ConvNextWeights& w = weights;
    const Tensor mixed = depthwise_conv_reference(x_BLD, w.dw_weight_KD, w.dw_bias_D, lengths_B);
    const Tensor normed =
        at::layer_norm(mixed, {kWidth}, w.norm_weight_D, w.norm_bias_D, w.norm_eps);
    const Tensor inner = at::gelu(torch::matmul(normed, in_FD.t()) + w.in_bias_F);
    const Tensor branch = torch::matmul(inner, out_DF.t()) + w.out_bias_D;
    return x_BLD + (w.scale_D.defined() ? branch * w.scale_D : branch);
  }
};

TEST(ConvNext, OnePassIsTheReference) {
  for (const bool scaled : {true, false}) {
    const Block block(scaled);
    // Less than a block of rows, a whole stretch, and stretches that end within a row.
    for (const int64_t length : {5, 128, 301}) {
      const Tensor x = random_tensor({2, length, kWidth}, 10);
      if (!convnext_fits(x, block.in, block.out)) GTEST_SKIP() << "this CPU has no tile registers";
      const Tensor lengths = torch::tensor({length, length / 2});
      EXPECT_LT(distance(block.fast(x, lengths), block.plain(x, lengths)), 1e-2) << length;
    }
  }
}

TEST(ConvNext, PositionsDependOnTheirNeighboursAlone) {
  const Block block(true);
  const Tensor x = random_tensor({1, 700, kWidth}, 11);
  if (!convnext_fits(x, block.in, block.out)) GTEST_SKIP() << "this CPU has no tile registers";
  const Tensor whole = block.fast(x, torch::tensor({700}));
  const Tensor part = block.fast(x.slice(1, 30, 500), torch::tensor({470}));
  EXPECT_TRUE(part.slice(1, 3, 467).equal(whole.slice(1, 33, 497)));
}

}  // namespace
}  // namespace lexome
