// The kernels of models that make their own tokens against their references, values and gradients,
// in both precisions; the deformable sampling also against its definition and finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/random.h"
#include "kernels/deformable.h"
#include "kernels/gates.h"
#include "kernels/packed.h"
#include "kernels/rotary_attention.h"
#include "tensor/compat.h"
#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::distance;
using lexome_test::random_doubles;

using Call = std::function<Tensor(const std::vector<Tensor>&)>;

// The fast call in fp32 or bf16 (the first `activations` inputs) against the reference in float64
// on the same rounded inputs.
void expect_same(const Call& fast, const Call& reference, const std::vector<Tensor>& inputs,
                 size_t activations, bool bf16) {
  std::vector<Tensor> a, b;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor rounded =
        inputs[i].to(bf16 && i < activations ? torch::kBFloat16 : torch::kFloat32);
    a.push_back(rounded.clone().requires_grad_());
    b.push_back(rounded.to(torch::kFloat64).requires_grad_());
  }
  const double tolerance = bf16 ? 1.2e-2 : 2e-5;
  const Tensor got = fast(a), want = reference(b);
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_LT(distance(got, want), tolerance);
  const Tensor grad = random_doubles(want.sizes(), 99);
  got.backward(grad.to(got.scalar_type()));
  want.backward(grad);
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_TRUE(a[i].grad().defined()) << i;
    EXPECT_LT(distance(a[i].grad(), b[i].grad()), tolerance) << "input " << i;
  }
}

class TokenKernels : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Precisions, TokenKernels, testing::Bool(), [](const auto& precision) {
  return std::string(precision.param ? "bf16" : "fp32");
});

TEST_P(TokenKernels, Gates) {
  for (const Gate gate : {Gate::kGlu, Gate::kSwiglu}) {
    expect_same([&](const auto& in) { return gated(gate, in[0]); },
                [&](const auto& in) { return gated_reference(gate, in[0]); },
                {random_doubles({37, 96}, 1, 3.0)}, 1, GetParam());
  }
}

TEST_P(TokenKernels, TakenRows) {
  const Tensor index = torch::tensor({4, -1, 0, 2, -1}), inverse = torch::tensor({2, -1, 3, -1, 0});
  expect_same([&](const auto& in) { return take_rows(in[0], index, inverse); },
              [&](const auto& in) { return take_rows_reference(in[0], index); },
              {random_doubles({5, 32}, 1)}, 1, GetParam());
}

TEST_P(TokenKernels, RotarySelfAttention) {
  for (const int64_t head : {32, 64}) {
    const int64_t heads = 2, width = heads * head;
    const Packed rows = packed({40, 1, 130});
    Random random(3, Purpose::kTest);
    std::vector<int64_t> places;
    for (int64_t i = 0; i < rows.rows; ++i)
      places.push_back(static_cast<int64_t>(random.below(200)));
    const Tensor positions_R = torch::tensor(places);
    const RotaryTable table = rotary_table(200, head, 1e4);
    expect_same(
        [&](const auto& in) {
          return rotary_self_attention(in[0], rows, positions_R, table, heads);
        },
        [&](const auto& in) {
          return rotary_cross_attention_reference(in[0].slice(1, 0, width).contiguous(),
                                                  in[0].slice(1, width), rows, rows, positions_R,
                                                  positions_R, table, heads);
        },
        {random_doubles({rows.rows, 3 * width}, 1)}, 1, GetParam());
  }
}

TEST_P(TokenKernels, RotaryCrossAttention) {
  const int64_t heads = 3, width = heads * 32;
  // The second sequence asks nothing: its keys get zeros as gradients.
  const Packed queries = packed({70, 0, 3}), keys = packed({20, 9, 90});
  const Tensor positions_Q = torch::arange(queries.rows), positions_K = torch::arange(keys.rows);
  const RotaryTable table = rotary_table(200, 32, 1e4);
  expect_same(
      [&](const auto& in) {
        return rotary_cross_attention(in[0], in[1], queries, keys, positions_Q, positions_K, table,
                                      heads);
      },
      [&](const auto& in) {
        return rotary_cross_attention_reference(in[0], in[1], queries, keys, positions_Q,
                                                positions_K, table, heads);
      },
      {random_doubles({queries.rows, width}, 1), random_doubles({keys.rows, 2 * width}, 2)}, 2,
      GetParam());
}

// With one key the probability is 1 whatever the score, so that neither side has a gradient.
TEST_P(TokenKernels, ALargeScoreOfOneKeyHasNoSlope) {
  const Packed rows = packed({1, 1, 1, 1});
  const Tensor positions_R = torch::zeros({4}, torch::kInt64);
  const auto type = GetParam() ? torch::kBFloat16 : torch::kFloat32;
  Tensor qkv = random_doubles({4, 96}, 1);
  qkv.slice(1, 0, 32).mul_(3000.0);
  qkv = qkv.to(type).requires_grad_();
  rotary_self_attention(qkv, rows, positions_R, rotary_table(8, 32, 1e4), 1)
      .backward(torch::ones({4, 32}, type));
  EXPECT_GT(qkv.grad().slice(1, 64).abs().min().item<double>(), 0.9);
  EXPECT_LT(qkv.grad().slice(1, 0, 32).abs().max().item<double>(), 1e-5);
  EXPECT_LT(qkv.grad().slice(1, 32, 64).abs().max().item<double>(), 1e-5 * 3000);
}

// One query and two keys written out.
TEST(RotaryAttention, ByHand) {
  const Packed one = packed({1}), two = packed({2});
  const RotaryTable table = rotary_table(8, 2, 1e4);
  const Tensor q = torch::tensor({{1.0, 0.5}}),
               kv = torch::tensor({{0.3, -0.2, 1.0, 2.0}, {0.7, 0.1, 3.0, -1.0}});
  const Tensor got = rotary_cross_attention_reference(q, kv, one, two, torch::tensor({5}),
                                                      torch::tensor({2, 6}), table, 1);
  const auto turned = [](double x, double y, double angle) {
    return std::pair(x * std::cos(angle) - y * std::sin(angle),
                     y * std::cos(angle) + x * std::sin(angle));
  };
  const auto [qx, qy] = turned(1.0, 0.5, 5);
  const auto [ax, ay] = turned(0.3, -0.2, 2);
  const auto [bx, by] = turned(0.7, 0.1, 6);
  const double a = std::exp((qx * ax + qy * ay) / std::sqrt(2.0)),
               b = std::exp((qx * bx + qy * by) / std::sqrt(2.0));
  EXPECT_NEAR(got[0][0].item<double>(), (a * 1.0 + b * 3.0) / (a + b), 1e-6);
  EXPECT_NEAR(got[0][1].item<double>(), (a * 2.0 + b * -1.0) / (a + b), 1e-6);
}

struct Deformed {
  Packed rows = packed({9, 1, 30}), outputs = packed({4, 1, 12});
  Tensor at_K = torch::tensor({0, 1, 5, 8, 9, 10, 11, 12, 17, 20, 21, 25, 30, 33, 37, 38, 39});
  Tensor v = random_doubles({40, 32}, 1), offsets = random_doubles({17, 3}, 2, 4.0),
         modulation = random_doubles({17, 3}, 3);
  Tensor fast(const std::vector<Tensor>& in) const {
    return deformable_samples(in[0], rows, at_K, outputs, in[1], in[2]);
  }
  Tensor reference(const std::vector<Tensor>& in) const {
    return deformable_samples_reference(in[0], rows, at_K, outputs, in[1], in[2]);
  }
};

TEST_P(TokenKernels, DeformableSamples) {
  const Deformed d;
  expect_same([&](const auto& in) { return d.fast(in); },
              [&](const auto& in) { return d.reference(in); }, {d.v, d.offsets, d.modulation}, 1,
              GetParam());
}

// The definition, one number at a time, on the first sequence (9 rows) with the output at row 4.
double sampled(const Tensor& v, double q, int64_t column) {
  if (q <= -1 || q >= 9) return 0;
  const auto floor = static_cast<int64_t>(std::floor(q));
  const double share = q - static_cast<double>(floor);
  const auto at = [&](int64_t row) {
    return row < 0 || row >= 9 ? 0.0 : v[row][column].item<double>();
  };
  return (1 - share) * at(floor) + share * at(floor + 1);
}

TEST(DeformableSamples, FollowTheDefinitionAtAndBeyondTheEnds) {
  const Tensor v = random_doubles({9, 16}, 1);
  const Packed rows = packed({9}), one = packed({1});
  for (const double q :
       {-3.0, -1.0, -0.999, -0.25, 0.0, 0.5, 3.0, 7.75, 8.0, 8.25, 8.999, 9.0, 40.0}) {
    const Tensor offsets = torch::tensor({{q - 3.0, q - 4.0, q - 5.0}}, torch::kFloat64);
    const Tensor modulation = torch::tensor({{1.0, 0.5, -2.0}}, torch::kFloat64);
    for (const auto type : {torch::kFloat64, torch::kFloat32}) {
      const Tensor got = deformable_samples(v.to(type), rows, torch::tensor({4}), one,
                                            offsets.to(type), modulation.to(type));
      for (int64_t tap = 0; tap < 3; ++tap)
        EXPECT_NEAR(got[0][tap * 16 + 5].item<double>(),
                    sampled(v, q, 5) * modulation[0][tap].item<double>(), 1e-5)
            << "q = " << q;
    }
  }
}

// Every derivative against central differences in float64, with taps in the interior, between the
// ends and the zeros beyond them, and outside.
TEST(DeformableSamples, GradientsAreTheDerivatives) {
  const Packed rows = packed({5, 2}), outputs = packed({4, 1});
  const Tensor at_K = torch::tensor({0, 1, 3, 4, 6});
  const std::vector<Tensor> inputs = {random_doubles({7, 4}, 1),
                                      torch::tensor({{0.3, -0.4, 1.2},
                                                     {-1.3, 0.25, 2.6},
                                                     {0.1, 1.6, 9.0},
                                                     {-7.0, 0.45, -0.6},
                                                     {-0.2, 0.7, -1.5}},
                                                    torch::kFloat64),
                                      random_doubles({5, 3}, 3)};
  const Tensor weight = random_doubles({5, 12}, 4);
  const auto value = [&](const std::vector<Tensor>& in) {
    return (deformable_samples(in[0], rows, at_K, outputs, in[1], in[2]) * weight).sum();
  };
  std::vector<Tensor> leaves;
  for (const Tensor& each : inputs) leaves.push_back(each.clone().requires_grad_());
  value(leaves).backward();
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (int64_t j = 0; j < inputs[i].numel(); ++j) {
      std::vector<Tensor> up, down;
      for (const Tensor& each : inputs) {
        up.push_back(each.clone());
        down.push_back(each.clone());
      }
      const double step = 1e-6;
      up[i].data_ptr<double>()[j] += step;
      down[i].data_ptr<double>()[j] -= step;
      const double slope = (value(up) - value(down)).item<double>() / (2 * step);
      EXPECT_NEAR(leaves[i].grad().data_ptr<double>()[j], slope, 1e-7) << i << ", " << j;
    }
  }
}

TEST(DeformableSamples, AnOffsetThatIsNotANumberReadsNothing) {
  const Packed rows = packed({3}), one = packed({1});
  const Tensor got = deformable_samples(torch::ones({3, 16}), rows, torch::tensor({1}), one,
                                        torch::full({1, 3}, std::nanf("")), torch::ones({1, 3}));
  EXPECT_EQ(got.abs().max().item<float>(), 0.0F);
}

}  // namespace
}  // namespace lexome
