// y = x W' as one differentiable step, for one weight or several stacked ones, in fp32 or bfloat16.
// The product runs on a copy of the weights laid out for this machine, which their owner keeps
// until they change; gradients of weights are summed and returned in fp32. Shape letters: R rows, I
// inputs, O outputs (of all stacked weights together).
#pragma once

#include <vector>

#include "tensor/torch.h"

namespace lexome {

// Weights as a product wants them: stacked in the activations' type, or packed for tile registers.
struct WeightCopy {
  Tensor stacked_OI;         // undefined when packed
  Tensor forward, backward;  // packed for x W' and for g W
  int64_t outputs = 0, inputs = 0;
  bool defined() const { return outputs > 0; }
};
// `dtype` is that of the activations. One to three fp32 weights with the same I.
WeightCopy copy_weights(const std::vector<Tensor>& weights, torch::ScalarType dtype);

// x_RI in fp32 or bf16; `copy` was made from `weights` for x's type. The result has x's type.
Tensor matmul_weight(const Tensor& x_RI, const std::vector<Tensor>& weights,
                     const WeightCopy& copy);
Tensor matmul_weight_reference(const Tensor& x_RI, const std::vector<Tensor>& weights);

}  // namespace lexome
