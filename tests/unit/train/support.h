// What the tests of this floor share: a model of a handful of weights that
// needs no tokens, and the setup to train it.
#pragma once

#include <torch/nn/module.h>

#include <cmath>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/random.h"
#include "lexome/error.h"
#include "temporary_folder.h"
#include "tensor/compat.h"
#include "train/trainer.h"

namespace lexome::testing {

using lexome_test::TemporaryFolder;

// y = tanh(x W1) w2 + b: two matrices and a bias, fitted to a fixed function of eight inputs.
struct Toy : torch::nn::Module {
  explicit Toy(uint64_t seed) {
    Random random(seed, Purpose::kInit);
    const auto fill = [&random](std::vector<int64_t> shape) {
      Tensor tensor = torch::zeros(shape);
      float* data = tensor.data_ptr<float>();
      for (int64_t i = 0; i < tensor.numel(); ++i)
        data[i] = static_cast<float>(0.3 * random.normal());
      return tensor;
    };
    w1 = register_parameter("first_weight", fill({8, 16}));
    w2 = register_parameter("second_weight", fill({16, 1}));
    bias = register_parameter("second_bias", torch::zeros({1}));
  }
  Tensor forward(const Tensor& x) {
    return torch::matmul(torch::tanh(torch::matmul(x, w1)), w2) + bias;
  }
  Tensor w1, w2, bias;
};

// Rows of base ids as inputs; the sum of the first three as the value to predict.
inline Batch toy_batch(uint64_t index, int64_t rows = 4) {
  Random random(5, Purpose::kTest, index);
  Batch batch;
  batch.rows = rows;
  batch.bases = 8;
  batch.levels = 0;
  for (int64_t row = 0; row < rows; ++row) {
    float value = 0;
    for (int i = 0; i < 8; ++i) {
      batch.base_ids.push_back(static_cast<uint8_t>(random.below(4)));
      if (i < 3) value += static_cast<float>(batch.base_ids.back()) / 4.0F;
    }
    batch.values.push_back(value);
    batch.lengths.push_back(8);
    batch.base_lengths.push_back(8);
  }
  batch.num_bases = rows * 8;
  return batch;
}

inline Loss toy_loss(Toy& toy, const TensorBatch& batch) {
  const Batch& plain = *batch.plain;
  std::vector<float> inputs(plain.base_ids.begin(), plain.base_ids.end());
  const Tensor x = torch::tensor(inputs).view({plain.rows, plain.bases}) / 4.0;
  const Tensor difference = toy.forward(x).squeeze(1) - batch.targets_B;
  Loss loss;
  loss.total = (difference * difference).mean();
  loss.labels = plain.rows;
  return loss;
}

struct ToyRun {
  explicit ToyRun(uint64_t seed = 1) : toy(std::make_shared<Toy>(seed)) {
    setup.seed = seed;
    setup.options.steps = 40;
    setup.options.lr = 1e-2;
    setup.options.log_every = 3;
    setup.recipe = "train.steps = 40\n";
    setup.tokenizer = "{}";
    setup.parameters = trainable_parameters(*toy);
    setup.tensors = named_tensors(*toy);
    hooks.make_batch = [](uint64_t index) { return toy_batch(index); };
    hooks.loss = [this](const TensorBatch& batch, const Pass&) { return toy_loss(*toy, batch); };
  }
  TrainResult run() { return run_training(setup, hooks); }

  std::shared_ptr<Toy> toy;
  TrainerSetup setup;
  TrainerHooks hooks;
};

}  // namespace lexome::testing
