// Bias and GELU in one pass: y = g(x + b) with g(v) = v * Phi(v), the exact error-function form of
// Hendrycks & Gimpel 2016 that BERT uses. Shape letters: R rows, F features.
#pragma once

#include "tensor/torch.h"

namespace lexome {

// x_RF fp32 or bf16 (any leading shape), bias_F fp32; the result has x's type. Differentiable in
// both.
Tensor bias_gelu(const Tensor& x_RF, const Tensor& bias_F);
// The same from tensor operations: what the fast version is tested against and what other devices
// run.
Tensor bias_gelu_reference(const Tensor& x_RF, const Tensor& bias_F);

}  // namespace lexome
