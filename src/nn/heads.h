// Heads that fine-tuning puts on a model's pooled vectors.
// Shape letters: B rows, D width, C classes (or 1 for regression).
#pragma once

#include <torch/nn/module.h>

#include "kernels/dropout.h"
#include "tensor/torch.h"

namespace lexome {

// Dropout, then one linear layer. Its parameters are called "classifier.weight" and
// "classifier.bias", as Hugging Face calls them. A multi-layer head has a dense layer with GELU
// before, "classifier.dense.weight" and ".bias". The caller pools.
class ClassifierHead : public torch::nn::Module {
 public:
  ClassifierHead(int64_t width, int64_t classes, double dropout, uint64_t seed, bool mlp = false);
  // pooled_BD fp32; dropout acts only when training. Returns logits [B, C].
  Tensor forward(const Tensor& pooled_BD, bool training, uint64_t seed, uint64_t step);
  int64_t classes() const { return weight_CD_.size(0); }

 private:
  double dropout_;
  Tensor weight_CD_, bias_C_;
  Tensor dense_DD_, dense_bias_D_;  // undefined without a dense layer
};

// Means and maxima over the tokens of each row; padding never counts. states_BTD fp32.
Tensor mean_pool(const Tensor& states_BTD, const Tensor& lengths_B);
Tensor max_pool(const Tensor& states_BTD, const Tensor& lengths_B);

}  // namespace lexome
