// Adapters on whole models: they begin as nothing, their gradients are those of the sum written
// out, merged weights compute what adapters beside the layer would, and a model without targets is
// refused.
#include "nn/lora.h"

#include <gtest/gtest.h>

#include "kernels/dropout.h"
#include "lexome/error.h"
#include "models/cnn.h"
#include "models/dnabert.h"
#include "models/logo.h"
#include "models/mxdna.h"
#include "nn/parameters.h"
#include "temporary_folder.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

using lexome_test::message_of;

std::shared_ptr<Model> small_dnabert() {
  DnabertOptions options;
  options.layers = 2;
  options.width = 32;
  options.heads = 2;
  options.ffn = 48;
  options.dropout = 0;
  options.init = 0.2;
  return make_dnabert(options, 20, 0, 3);
}

TensorBatch small_batch() {
  TensorBatch batch;
  batch.ids_BT = torch::tensor({{2, 7, 9, 11, 3}, {2, 8, 6, 3, 0}}, torch::kInt64);
  batch.lengths_B = torch::tensor({5, 4}, torch::kInt64);
  return batch;
}

void randomise(Lora& lora) {
  const torch::NoGradGuard no_grad;
  uint64_t i = 0;
  for (const auto& item : lora.named_parameters()) {
    torch::nn::Module scratch;
    item.value().copy_(
        add_parameter(scratch, "x", item.value().sizes(), Init::kNormal, 50 + ++i, 0.3));
  }
}

TEST(Lora, BeginsAsNothing) {
  const auto model = small_dnabert();
  const Tensor before = model->hidden(small_batch(), {}, false).states_BTD.detach();
  LoraOptions options;
  options.dropout = 0.5;
  Lora lora(*model, options, 1);
  EXPECT_EQ(lora.num_weights(), 4);  // queries and values of two layers
  lora.begin(1, 7);
  EXPECT_TRUE(before.equal(model->hidden(small_batch(), {}, false).states_BTD));
  lora.merge();
  EXPECT_TRUE(before.equal(model->hidden(small_batch(), {}, false).states_BTD));
}

// A stand-in layer whose name is a target: y = x W'.
struct OneLayer : torch::nn::Module {
  OneLayer() {
    weight =
        add_parameter(*this, "layer.attention.self.query.weight", {6, 5}, Init::kNormal, 4, 1.0);
  }
  Tensor weight;
};

TEST(Lora, GradientsAreThoseOfTheSumWrittenOut) {
  OneLayer layer;
  const Tensor base_OI = layer.weight.detach().clone();
  LoraOptions options;
  options.rank = 3;
  options.alpha = 7;
  options.dropout = 0.4;
  Lora lora(layer, options, 1);
  randomise(lora);
  const auto parameters = lora.named_parameters();
  const Tensor a = parameters["lora.layer.attention.self.query.a"],
               b = parameters["lora.layer.attention.self.query.b"];
  const Tensor x_RI = torch::linspace(-1, 1, 20).view({4, 5});
  double dropped = 0;
  for (uint64_t step = 0; step < 8; ++step) {
    // Two passes add up, each with its own dropout.
    a.mutable_grad() = b.mutable_grad() = Tensor();
    Tensor a_want = torch::zeros_like(a), b_want = torch::zeros_like(b);
    for (uint64_t pass = 0; pass < 2; ++pass) {
      lora.begin(9, 2 * step + pass);
      torch::mm(x_RI, layer.weight.t()).pow(2).sum().backward();
      const Tensor kept_I =
          dropout_multipliers({0.4, 9, 2 * step + pass, 0xFFFE00}, 1, 5, torch::kCPU)[0];
      dropped += kept_I.eq(0).sum().item<double>();
      const Tensor a_copy = a.detach().clone().set_requires_grad(true),
                   b_copy = b.detach().clone().set_requires_grad(true);
      // The adapter beside the layer, as it is usually drawn.
      const Tensor y = torch::mm(x_RI, base_OI.t()) +
                       7.0 / 3 * torch::mm(torch::mm(x_RI * kept_I, a_copy.t()), b_copy.t());
      y.pow(2).sum().backward();
      a_want += a_copy.grad();
      b_want += b_copy.grad();
    }
    EXPECT_TRUE(torch::allclose(a.grad(), a_want, 1e-4, 1e-4)) << step;
    EXPECT_TRUE(torch::allclose(b.grad(), b_want, 1e-4, 1e-4)) << step;
  }
  EXPECT_GT(dropped, 0) << "no input was ever dropped";
  lora.merge();
  const Tensor y =
      torch::mm(x_RI, base_OI.t()) + 7.0 / 3 * torch::mm(torch::mm(x_RI, a.t()), b.t());
  EXPECT_TRUE(torch::allclose(torch::mm(x_RI, layer.weight.t()), y, 1e-5, 1e-5));
}

// Stacked projections run as one product: each part must still get its gradient.
TEST(Lora, EveryTargetLearnsInEveryModel) {
  MxdnaOptions mxdna;
  mxdna.nucleotide_layers = mxdna.token_layers = 1;
  mxdna.width = 64;
  mxdna.heads = 2;
  mxdna.ffn = 96;
  mxdna.experts = {1, 2, 3};
  LogoOptions logo;
  logo.layers = 1;
  logo.width = 32;
  logo.heads = 2;
  logo.ffn = 32;
  logo.embedding = 16;
  for (const char* targets : {"query", "key", "value", "out", "ffn", "query, value"}) {
    const std::shared_ptr<Model> models[] = {
        small_dnabert(), make_logo(logo, 20, 0, 3),
        make_mxdna(mxdna, 20, {.pad = 0, .unk = 1, .cls = 2, .sep = 3, .mask = 4}, 3)};
    for (const auto& model : models) {
      SCOPED_TRACE(targets);
      LoraOptions options;
      options.targets = targets;
      Lora lora(*model, options, 1);
      randomise(lora);
      lora.begin(1, 1);
      model->hidden(small_batch(), {}, false).states_BTD.pow(3).sum().backward();
      for (const auto& item : lora.named_parameters()) {
        ASSERT_TRUE(item.value().grad().defined()) << item.key();
        EXPECT_GT(item.value().grad().abs().max().item<double>(), 0) << item.key();
      }
    }
  }
}

TEST(Lora, RefusesWhatHasNoTargets) {
  const auto cnn = make_cnn({}, 1);
  EXPECT_NE(message_of<ConfigError>([&] { Lora(*cnn, {}, 1); }).find("no projection"),
            std::string::npos);
  const auto model = small_dnabert();
  LoraOptions options;
  options.targets = "query,valve";
  EXPECT_NE(message_of<ConfigError>([&] { Lora(*model, options, 1); }).find("'valve'"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
