// Heads and poolings against their definitions on small numbers.
#include "nn/heads.h"

#include <gtest/gtest.h>

namespace lexome {
namespace {

TEST(Pooling, PaddingNeverCounts) {
  const Tensor states_BTD = torch::tensor({{{1.0, -5.0}, {3.0, -7.0}, {100.0, 100.0}},
                                           {{2.0, 2.0}, {4.0, 0.0}, {6.0, 1.0}}})
                                .to(torch::kFloat32);
  const Tensor lengths_B = torch::tensor({2, 3}, torch::kInt64);
  EXPECT_TRUE(
      mean_pool(states_BTD, lengths_B).allclose(torch::tensor({{2.0F, -6.0F}, {4.0F, 1.0F}})));
  EXPECT_TRUE(
      max_pool(states_BTD, lengths_B).allclose(torch::tensor({{3.0F, -5.0F}, {6.0F, 2.0F}})));
}

TEST(ClassifierHead, IsOneLinearLayerWithDropoutOnlyInTraining) {
  ClassifierHead head(32, 3, 0.5, 7);
  const Tensor x = torch::ones({4, 32});
  const auto parameters = head.named_parameters();
  const Tensor want =
      torch::addmm(parameters["classifier.bias"], x, parameters["classifier.weight"].t());
  EXPECT_TRUE(head.forward(x, false, 1, 1).allclose(want));
  EXPECT_TRUE(head.forward(x, true, 1, 1).equal(head.forward(x, true, 1, 1)));
  EXPECT_FALSE(head.forward(x, true, 1, 1).equal(head.forward(x, true, 1, 2)));
  EXPECT_FALSE(head.forward(x, true, 1, 1).allclose(want));
}

}  // namespace
}  // namespace lexome
