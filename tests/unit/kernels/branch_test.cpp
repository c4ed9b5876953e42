// The close of a residual block against the same from tensor operations, values
// and gradients, in both types of product.
#include "kernels/branch.h"

#include <gtest/gtest.h>

#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::distance;
using lexome_test::random_tensor;

TEST(Branch, FastOneIsTheReference) {
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    for (const bool scaled : {true, false}) {
      const std::vector<Tensor> inputs = {random_tensor({3, 21, 48}, 1),
                                          random_tensor({63, 48}, 2).to(type),
                                          random_tensor({48}, 3), random_tensor({48}, 4)};
      std::vector<Tensor> a, b;
      for (const Tensor& each : inputs) {
        a.push_back(each.clone().requires_grad_());
        b.push_back(each.clone().requires_grad_());
      }
      const Tensor grad = random_tensor({3, 21, 48}, 5);
      const Tensor got = add_branch(a[0], a[1], a[2], scaled ? a[3] : Tensor());
      const Tensor want = add_branch_reference(b[0], b[1], b[2], scaled ? b[3] : Tensor());
      ASSERT_EQ(got.sizes(), want.sizes());
      EXPECT_LT(distance(got, want), 1e-6);
      got.backward(grad);
      want.backward(grad);
      for (size_t i = 0; i < (scaled ? 4 : 3); ++i) {
        EXPECT_EQ(a[i].grad().scalar_type(), inputs[i].scalar_type());
        EXPECT_LT(distance(a[i].grad(), b[i].grad()),
                  i == 1 && type == torch::kBFloat16 ? 3e-3 : 1e-5)
            << "input " << i;
      }
    }
  }
}

// Scales so small that bfloat16 would lose the branch in the stream.
TEST(Branch, SmallScalesAreKept) {
  const Tensor x = torch::ones({4, 16}), p = torch::ones({4, 16}).to(torch::kBFloat16);
  const Tensor y = add_branch(x, p, torch::zeros({16}), torch::full({16}, 1e-6));
  EXPECT_GT((y - x).min().item<double>(), 5e-7);
}

}  // namespace
}  // namespace lexome
