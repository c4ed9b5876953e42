// AdamW against the same algorithm written out on doubles, clipping against its definition, and its
// state through a save.
#include "train/optimizer.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "unit/train/support.h"

namespace lexome {
namespace {

// Algorithm 2 of Loshchilov and Hutter for one number.
struct ScalarAdamW {
  double weight, first = 0, second = 0;
  int64_t steps = 0;
  void step(double gradient, double lr, const AdamWOptions& o, bool decay) {
    ++steps;
    if (decay) weight -= lr * o.weight_decay * weight;
    first = o.beta1 * first + (1 - o.beta1) * gradient;
    second = o.beta2 * second + (1 - o.beta2) * gradient * gradient;
    const double m = first / (1 - std::pow(o.beta1, steps)),
                 v = second / (1 - std::pow(o.beta2, steps));
    weight -= lr * m / (std::sqrt(v) + o.eps);
  }
};

Tensor parameter(std::vector<float> values, std::vector<int64_t> shape) {
  return torch::tensor(values).view(shape).clone().set_requires_grad(true);
}

TEST(AdamW, FollowsTheAlgorithmOnDoublesAndDecaysOnlyWhereAsked) {
  const AdamWOptions options{0.8, 0.95, 1e-6, 0.1};
  Tensor matrix = parameter({0.5F, -1.0F, 2.0F, 0.0F}, {2, 2});
  Tensor bias = parameter({1.0F, -3.0F}, {2});
  AdamW optimizer({{"m", matrix, true}, {"b", bias, false}}, options);
  std::vector<ScalarAdamW> expected_matrix, expected_bias;
  for (int i = 0; i < 4; ++i) expected_matrix.push_back({matrix.view(-1)[i].item<double>()});
  for (int i = 0; i < 2; ++i) expected_bias.push_back({bias[i].item<double>()});
  Random random(1, Purpose::kTest);
  for (int step = 1; step <= 7; ++step) {
    const double lr = 0.05 / step;
    const auto gradients = [&random](const Tensor& like) {
      Tensor gradient = torch::zeros_like(like);
      for (int64_t i = 0; i < gradient.numel(); ++i) gradient.view(-1)[i] = random.normal();
      return gradient;
    };
    matrix.mutable_grad() = gradients(matrix.detach());
    bias.mutable_grad() = gradients(bias.detach());
    for (int i = 0; i < 4; ++i) {
      expected_matrix[static_cast<size_t>(i)].step(matrix.grad().view(-1)[i].item<double>(), lr,
                                                   options, true);
    }
    for (int i = 0; i < 2; ++i) {
      expected_bias[static_cast<size_t>(i)].step(bias.grad()[i].item<double>(), lr, options, false);
    }
    optimizer.step(lr, 0);
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(matrix.view(-1)[i].item<double>(), expected_matrix[static_cast<size_t>(i)].weight,
                2e-6);
  }
  for (int i = 0; i < 2; ++i)
    EXPECT_NEAR(bias[i].item<double>(), expected_bias[static_cast<size_t>(i)].weight, 2e-6);
}

TEST(AdamW, ClipsByTheGlobalNorm) {
  // With beta1 = 0 and a huge eps the update is proportional to the clipped gradient.
  const AdamWOptions options{0.0, 0.0, 1e6, 0.0};
  Tensor a = parameter({0.0F}, {1}), b = parameter({0.0F}, {1});
  AdamW optimizer({{"a", a, false}, {"b", b, false}}, options);
  a.mutable_grad() = torch::tensor({3.0F});
  b.mutable_grad() = torch::tensor({4.0F});
  const double norm = optimizer.step(1e6, 1.0).item<double>();
  EXPECT_NEAR(norm, 5.0, 1e-6);
  EXPECT_NEAR(a.item<double>(), -3.0 / 5.0, 1e-5);
  EXPECT_NEAR(b.item<double>(), -4.0 / 5.0, 1e-5);
}

TEST(AdamW, LeavesSmallGradientsAlone) {
  const AdamWOptions options{0.0, 0.0, 1e6, 0.0};
  Tensor a = parameter({0.0F}, {1});
  AdamW optimizer({{"a", a, false}}, options);
  a.mutable_grad() = torch::tensor({0.25F});
  optimizer.step(1e6, 1.0);
  EXPECT_NEAR(a.item<double>(), -0.25, 1e-6);
}

TEST(AdamW, SkipsParametersWithoutGradient) {
  Tensor a = parameter({1.0F}, {1}), b = parameter({1.0F}, {1});
  AdamW optimizer({{"a", a, true}, {"b", b, true}}, {});
  a.mutable_grad() = torch::tensor({1.0F});
  optimizer.step(0.1, 0);
  EXPECT_NE(a.item<float>(), 1.0F);
  EXPECT_EQ(b.item<float>(), 1.0F);
}

TEST(AdamW, StateContinuesBitExactly) {
  const auto gradient = [](int step) {
    return torch::tensor({0.1F * static_cast<float>(step), -0.3F});
  };
  Tensor unbroken = parameter({1.0F, 2.0F}, {2}), before = parameter({1.0F, 2.0F}, {2});
  AdamW straight({{"w", unbroken, true}}, {}), first({{"w", before, true}}, {});
  for (int step = 1; step <= 6; ++step) {
    unbroken.mutable_grad() = gradient(step);
    straight.step(0.01, 1.0);
    if (step > 3) continue;
    before.mutable_grad() = gradient(step);
    first.step(0.01, 1.0);
  }
  Tensor after = before.detach().clone().set_requires_grad(true);
  AdamW second({{"w", after, true}}, {});
  second.load_state(first.state(), "test");
  for (int step = 4; step <= 6; ++step) {
    after.mutable_grad() = gradient(step);
    second.step(0.01, 1.0);
  }
  EXPECT_TRUE(torch::equal(after, unbroken));
}

TEST(AdamW, RefusesAForeignState) {
  Tensor a = parameter({1.0F}, {1});
  AdamW optimizer({{"a", a, true}}, {});
  TensorMap state = optimizer.state();
  state.erase("second/a");
  EXPECT_THROW(optimizer.load_state(state, "x"), FormatError);
  state["second/a"] = torch::zeros({2});
  EXPECT_THROW(optimizer.load_state(state, "x"), FormatError);
}

TEST(TrainableParameters, BiasesAndNormsDoNotDecay) {
  const testing::Toy toy(1);
  for (const NamedParameter& parameter : trainable_parameters(toy, "head.")) {
    EXPECT_EQ(parameter.decay, parameter.name != "head.second_bias") << parameter.name;
  }
}

}  // namespace
}  // namespace lexome
