// The experts against dense convolutions, one unit at a time, and the router's losses against their
// formulas.
#include "nn/conv_experts.h"

#include <ATen/ops/conv1d.h>
#include <ATen/ops/layer_norm.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "nn/router_losses.h"
#include "tensor/tensor_io.h"

namespace lexome {
namespace {

Tensor random_tensor(torch::IntArrayRef shape, uint64_t stream) {
  Random random(7, Purpose::kTest, stream);
  const Tensor out = torch::empty(shape);
  for (int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return out;
}

class Holder : public torch::nn::Module {
 public:
  ConvExperts experts;
};

// E(x) for one unit x [k, D], from the definition: pointwise product, GLU, convolution, norm, SiLU.
Tensor one_unit(const TensorMap& weights, const std::string& at, const Tensor& x_kD,
                int64_t groups) {
  const Tensor pre = torch::mm(x_kD, weights.at(at + "pointwise_conv_pre.weight").t());
  const std::vector<Tensor> halves = pre.chunk(2, 1);
  const Tensor g_1Dk = (halves[0] * halves[1].sigmoid()).t().unsqueeze(0);
  const std::vector<int64_t> stride = {x_kD.size(0)}, padding = {0}, dilation = {1};
  const Tensor made_1D = at::conv1d(g_1Dk, weights.at(at + "grouped_conv.weight"), Tensor(), stride,
                                    padding, dilation, groups)
                             .squeeze(2);
  const Tensor normed = at::layer_norm(made_1D, {made_1D.size(1)}, weights.at(at + "norm.weight"),
                                       weights.at(at + "norm.bias"), 1e-5);
  return torch::mm(normed * normed.sigmoid(), weights.at(at + "pointwise_conv_post.weight").t());
}

TEST(ConvExperts, GroupsAreTheNearestDivisor) {
  const std::vector<int64_t> want = {1, 2, 2, 4, 4, 4, 8, 8, 8, 8};
  for (int64_t k = 1; k <= 10; ++k)
    EXPECT_EQ(expert_groups(512, k), want[static_cast<size_t>(k - 1)]) << k;
  EXPECT_EQ(expert_groups(48, 5), 4);
}

TEST(ConvExperts, EqualDenseConvolutionsUnitByUnit) {
  const std::vector<int64_t> lengths = {1, 2, 3, 5, 8}, units = {3, 1, 0, 2, 4};
  for (const int64_t width : {32, 24}) {
    Holder holder;
    holder.experts = ConvExperts(holder, {"experts"}, lengths, width, 1e-5, 0.5, 3);
    const TensorMap weights = named_tensors(holder);
    int64_t rows = 0;
    for (size_t e = 0; e < lengths.size(); ++e) rows += lengths[e] * units[e];
    const Tensor x_ND = random_tensor({rows, width}, 1).requires_grad_();
    const Tensor got_UD = holder.experts(x_ND, units);
    std::vector<Tensor> want;
    int64_t row = 0;
    for (size_t e = 0; e < lengths.size(); ++e) {
      for (int64_t u = 0; u < units[e]; ++u, row += lengths[e])
        want.push_back(one_unit(weights, "experts." + std::to_string(e) + ".",
                                x_ND.narrow(0, row, lengths[e]), expert_groups(width, lengths[e])));
    }
    const Tensor want_UD = torch::cat(want);
    EXPECT_LT((got_UD - want_UD).abs().max().item<double>(), 1e-4);
    const Tensor grad_UD = random_tensor(got_UD.sizes(), 2);
    std::map<std::string, Tensor> first;
    got_UD.backward(grad_UD);
    for (const auto& [name, tensor] : weights) {
      if (tensor.grad().defined()) first[name] = tensor.grad().clone();
      Tensor(tensor).mutable_grad() = Tensor();
    }
    const Tensor grad_x = x_ND.grad().clone();
    x_ND.mutable_grad() = Tensor();
    want_UD.backward(grad_UD);
    EXPECT_LT((grad_x - x_ND.grad()).abs().max().item<double>(),
              1e-4 * x_ND.grad().abs().max().item<double>());
    for (const auto& [name, tensor] : weights) {
      EXPECT_EQ(first.count(name) != 0, tensor.grad().defined()) << name;
      if (!tensor.grad().defined()) continue;
      EXPECT_LT((first[name] - tensor.grad()).abs().max().item<double>(),
                2e-4 * tensor.grad().abs().max().item<double>())
          << name;
    }
  }
}

// 63 units of these sizes are what the tile registers of torch 1.13 do not survive.
TEST(ConvExperts, Bf16TakesAnyNumberOfUnits) {
  Holder holder;
  holder.experts = ConvExperts(holder, {"experts"}, {10}, 64, 1e-5, 0.5, 3);
  for (const int64_t units : {1, 63, 64}) {
    const Tensor x_ND = random_tensor({units * 10, 64}, 4);
    const Tensor want_UD = holder.experts(x_ND, {units});
    const Tensor half_ND = x_ND.to(torch::kBFloat16).requires_grad_();
    const Tensor got_UD = holder.experts(half_ND, {units});
    ASSERT_EQ(got_UD.sizes(), want_UD.sizes());
    EXPECT_LT((got_UD.to(torch::kFloat32) - want_UD).norm().item<double>(),
              0.02 * want_UD.norm().item<double>());
    got_UD.backward(torch::ones_like(got_UD));
    EXPECT_EQ(half_ND.grad().sizes(), x_ND.sizes());
  }
}

TEST(RouterLosses, BalanceIsOneWhenUniformAndCountsUnits) {
  const Tensor uniform = torch::full({6, 3}, 1.0 / 3);
  EXPECT_NEAR(balance_loss(uniform, torch::tensor({0, 1, 2, 0, 1, 2})).item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(balance_loss(uniform, torch::tensor({0, 0, 0, 0, 0, 0})).item<double>(), 1.0, 1e-6);
  const Tensor p = torch::tensor({{0.5, 0.3, 0.2}, {0.1, 0.1, 0.8}}).requires_grad_();
  const Tensor loss = balance_loss(p, torch::tensor({2, 2}));
  EXPECT_NEAR(loss.item<double>(), 3 * (0.2 + 0.8) / 2, 1e-6);
  loss.backward();
  EXPECT_NEAR(p.grad()[0][2].item<double>(), 1.5, 1e-6);
  EXPECT_NEAR(p.grad()[0][0].item<double>(), 0.0, 1e-6);
  EXPECT_EQ(balance_loss(torch::zeros({0, 3}), torch::zeros({0}, torch::kInt64)).item<float>(), 0);
}

TEST(RouterLosses, ZIsTheMeanSquareOfLogSums) {
  const Tensor scores = torch::tensor({{0.0, 0.0}, {1.0, 3.0}});
  const double a = std::log(2.0), b = std::log(std::exp(1.0) + std::exp(3.0));
  EXPECT_NEAR(z_loss(scores).item<double>(), (a * a + b * b) / 2, 1e-6);
  EXPECT_EQ(z_loss(torch::zeros({0, 2})).item<float>(), 0);
}

}  // namespace
}  // namespace lexome
