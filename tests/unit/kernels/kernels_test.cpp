// The fast kernels against their references, values and gradients, in both precisions; and the
// dropout mask against its plain definition.
#include <gtest/gtest.h>

#include "base/random.h"
#include "kernels/adamw.h"
#include "kernels/amx.h"
#include "kernels/attention.h"
#include "kernels/gelu.h"
#include "kernels/layernorm.h"
#include "kernels/linear.h"
#include "tensor/compat.h"
#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::distance;
using lexome_test::random_tensor;

using Call = std::function<Tensor(const std::vector<Tensor>&)>;

// Runs both on their own copies of the inputs; inputs after `activations` stay fp32 in bf16 mode.
void expect_same(const Call& fast, const Call& reference, const std::vector<Tensor>& inputs,
                 size_t activations, bool bf16) {
  const auto leaves = [&](bool low) {
    std::vector<Tensor> out;
    for (size_t i = 0; i < inputs.size(); ++i) {
      Tensor x = inputs[i].detach().clone();
      if (bf16 && i < activations)
        x = low ? x.to(torch::kBFloat16) : x.to(torch::kBFloat16).to(torch::kFloat32);
      out.push_back(x.requires_grad_());
    }
    return out;
  };
  const double tolerance = bf16 ? 1.2e-2 : 1e-5;
  const std::vector<Tensor> a = leaves(true), b = leaves(false);
  const Tensor got = fast(a), want = reference(b);
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_LT(distance(got, want), tolerance);
  const Tensor grad = random_tensor(want.sizes(), 99);
  got.backward(grad.to(got.scalar_type()));
  want.backward(grad);
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_TRUE(a[i].grad().defined()) << i;
    EXPECT_LT(distance(a[i].grad(), b[i].grad()), tolerance) << "input " << i;
  }
}

class BothPrecisions : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Kernels, BothPrecisions, testing::Bool(), [](const auto& precision) {
  return std::string(precision.param ? "bf16" : "fp32");
});

TEST_P(BothPrecisions, BiasGelu) {
  for (const int64_t rows : {1, 37}) {
    expect_same([](const auto& in) { return bias_gelu(in[0], in[1]); },
                [](const auto& in) { return bias_gelu_reference(in[0], in[1]); },
                {random_tensor({rows, 48}, 1, 2.0), random_tensor({48}, 2)}, 1, GetParam());
  }
}

TEST_P(BothPrecisions, ResidualNormWithDropout) {
  for (const double rate : {0.0, 0.3}) {
    const Dropout dropout{rate, 5, 6, 7};
    const auto fast = [&](const auto& in) {
      return bias_dropout_residual_norm(in[0], in[2], in[1], in[3], in[4], 1e-6, dropout);
    };
    const auto plain = [&](const auto& in) {
      return bias_dropout_residual_norm_reference(in[0], in[2], in[1], in[3], in[4], 1e-6, dropout);
    };
    expect_same(fast, plain,
                {random_tensor({53, 80}, 1), random_tensor({53, 80}, 2), random_tensor({80}, 3),
                 random_tensor({80}, 4), random_tensor({80}, 5)},
                2, GetParam());
  }
}

TEST_P(BothPrecisions, Attention) {
  struct Case {
    int64_t rows, tokens, heads, head;
    std::vector<int64_t> lengths;
    double rate;
  };
  for (const Case& c : {Case{2, 40, 2, 16, {40, 23}, 0.0}, Case{2, 65, 3, 64, {65, 1}, 0.2},
                        Case{1, 1, 1, 16, {1}, 0.0}, Case{3, 130, 2, 32, {130, 64, 33}, 0.1}}) {
    const int64_t width = c.heads * c.head;
    const Tensor lengths_B = torch::tensor(c.lengths);
    const Dropout dropout{c.rate, 3, 4, 5};
    // Context and gradients at padded positions have no use: nothing flows there.
    const Tensor real =
        torch::arange(c.tokens).unsqueeze(0).lt(lengths_B.unsqueeze(1)).reshape({-1, 1});
    const auto keep = [&](const Tensor& y) { return y * real.to(y.scalar_type()); };
    expect_same(
        [&](const auto& in) { return keep(attention(in[0], in[1], lengths_B, c.heads, dropout)); },
        [&](const auto& in) {
          return keep(attention_reference(in[0], in[1], lengths_B, c.heads, dropout));
        },
        {random_tensor({c.rows * c.tokens, 3 * width}, 1), random_tensor({3 * width}, 2)}, 1,
        GetParam());
  }
}

TEST_P(BothPrecisions, MatmulWeight) {
  struct Case {
    int64_t rows, in;
    std::vector<int64_t> out;
  };
  for (const Case& c : {Case{33, 64, {96}}, Case{128, 100, {45}}, Case{1, 32, {32}},
                        Case{300, 1100, {70}}, Case{40, 48, {32, 48, 16}}}) {
    std::vector<Tensor> inputs = {random_tensor({c.rows, c.in}, 1)};
    for (const int64_t out : c.out)
      inputs.push_back(random_tensor({out, c.in}, 2 + static_cast<uint64_t>(out)));
    const auto weights = [](const std::vector<Tensor>& v) {
      return std::vector<Tensor>(v.begin() + 1, v.end());
    };
    expect_same(
        [&](const auto& v) {
          return matmul_weight(v[0], weights(v), copy_weights(weights(v), v[0].scalar_type()));
        },
        [&](const auto& v) { return matmul_weight_reference(v[0], weights(v)); }, inputs, 1,
        GetParam());
  }
}

TEST_P(BothPrecisions, NoRowsGiveNoProductAndNoGradient) {
  const auto type = GetParam() ? torch::kBFloat16 : torch::kFloat32;
  for (const int64_t inputs : {64, 100}) {
    const Tensor x = torch::empty({0, inputs}, type).requires_grad_();
    const Tensor weight = random_tensor({96, inputs}, 1).requires_grad_();
    const Tensor y = matmul_weight(x, {weight}, copy_weights({weight}, type));
    EXPECT_EQ(y.sizes(), (std::vector<int64_t>{0, 96}));
    y.sum().backward();
    EXPECT_EQ(weight.grad().abs().max().item<double>(), 0.0);
  }
}

// Rows and columns of very different sizes: whatever units compute it, a product in fp32 and its
// gradients keep the bits of fp32.
TEST(MatmulWeight, Fp32KeepsItsBits) {
  const auto sizes = [](int64_t count) {
    return torch::pow(10.0, torch::arange(count, torch::kFloat32).remainder(7) - 3);
  };
  for (const int64_t rows : {int64_t{50}, int64_t{600}}) {
    const Tensor x_RI = random_tensor({rows, 1100}, 1) * sizes(rows).unsqueeze(1),
                 w_OI = random_tensor({70, 1100}, 2) * sizes(70).unsqueeze(1),
                 grad_RO = random_tensor({rows, 70}, 3);
    const auto run = [&](torch::ScalarType type) {
      const Tensor x = x_RI.to(type, false, true).requires_grad_(),
                   w = w_OI.to(type, false, true).requires_grad_();
      const Tensor y = matmul_weight(x, {w}, copy_weights({w}, type));
      y.backward(grad_RO.to(type));
      return std::vector<Tensor>{y.detach() / sizes(rows).unsqueeze(1) / sizes(70), x.grad(),
                                 w.grad()};
    };
    const std::vector<Tensor> got = run(torch::kFloat32), want = run(torch::kFloat64);
    for (size_t i = 0; i < got.size(); ++i) EXPECT_LT(distance(got[i], want[i]), 6e-7) << i;
  }
}

TEST(MatmulWeight, ARowsResultIsItsOwnInFp32) {
  const Tensor x_RI = random_tensor({200, 96}, 1), w_OI = random_tensor({64, 96}, 2);
  const WeightCopy copy = copy_weights({w_OI}, torch::kFloat32);
  const torch::NoGradGuard no_grad;
  const Tensor all = matmul_weight(x_RI, {w_OI}, copy);
  for (const int64_t rows : {1, 3, 31, 33, 100}) {
    const Tensor some = matmul_weight(x_RI.slice(0, 0, rows).contiguous(), {w_OI}, copy);
    const Tensor want = all.slice(0, 0, rows);
    EXPECT_TRUE(amx_floats_ready() ? torch::equal(some, want)
                                   : torch::allclose(some, want, 1e-6, 1e-6))
        << rows;
  }
  EXPECT_EQ(matmul_weight(x_RI.slice(0, 0, 0), {w_OI}, copy).size(0), 0);
}

TEST(Dropout, MaskFollowsItsDefinition) {
  const Dropout dropout{0.25, 11, 12, 13};
  const Tensor mask = dropout_multipliers(dropout, 9, 100, torch::kCPU);
  const auto value = mask.accessor<float, 2>();
  for (int64_t r = 0; r < 9; ++r)
    for (int64_t c = 0; c < 100; ++c)
      ASSERT_EQ(value[r][c],
                dropout_value(dropout_row(dropout, r), c) < 16384 ? 0.0F : 65536.0F / 49152.0F);
}

TEST(Dropout, RateIsKeptAndSitesAndStepsDiffer) {
  const Dropout dropout{0.1, 1, 2, 3};
  const Tensor mask = dropout_multipliers(dropout, 1000, 1000, torch::kCPU).eq(0);
  const double share = mask.to(torch::kFloat64).mean().item<double>();
  EXPECT_NEAR(share, 0.1, 4 * std::sqrt(0.1 * 0.9 / 1e6));
  // Neighbouring columns, rows, sites and steps are independent: both dropped in 1 % of places.
  const auto both = [&](const Tensor& a, const Tensor& b) {
    return a.logical_and(b).to(torch::kFloat64).mean().item<double>();
  };
  const auto other = [&](uint64_t step, uint32_t site) {
    return dropout_multipliers({0.1, 1, step, site}, 1000, 1000, torch::kCPU).eq(0);
  };
  const double slack = 4 * std::sqrt(0.01 * 0.99 / 1e6);
  EXPECT_NEAR(both(mask.slice(1, 0, 999), mask.slice(1, 1, 1000)), 0.01, slack);
  EXPECT_NEAR(both(mask.slice(1, 0, 984), mask.slice(1, 16, 1000)), 0.01, slack);
  EXPECT_NEAR(both(mask.slice(0, 0, 999), mask.slice(0, 1, 1000)), 0.01, slack);
  EXPECT_NEAR(both(mask, other(2, 4)), 0.01, slack);
  EXPECT_NEAR(both(mask, other(3, 3)), 0.01, slack);
}

TEST(AdamW, FollowsTheReferenceOverSteps) {
  for (const double decay : {0.0, 0.1}) {
    const Tensor a = random_tensor({1003}, 1), m1 = torch::zeros({1003}), v1 = torch::zeros({1003});
    const Tensor b = a.clone(), m2 = m1.clone(), v2 = v1.clone();
    const int64_t before = change_count(a);
    for (int64_t step = 1; step <= 5; ++step) {
      const Tensor grad = random_tensor({1003}, 10 + step), scale = torch::tensor(0.5F);
      adamw_update(a, grad, m1, v1, 1e-2, 0.9, 0.98, 1e-6, decay, step, scale);
      adamw_update_reference(b, grad, m2, v2, 1e-2, 0.9, 0.98, 1e-6, decay, step, scale);
    }
    EXPECT_LT(distance(a, b), 1e-6);
    EXPECT_LT(distance(v1, v2), 1e-6);
    EXPECT_GT(change_count(a), before);
  }
}

}  // namespace
}  // namespace lexome
