// The closing step of a post-norm transformer half-layer in one pass:
//   y = LayerNorm(residual + dropout(x + bias)) * gamma + beta
// and the plain LayerNorm (Ba et al. 2016) that embeddings and heads need. Shape letters: R rows, D
// width.
#pragma once

#include "kernels/dropout.h"
#include "tensor/torch.h"

namespace lexome {

// x_RD and residual_RD fp32 or bf16 of one type; bias, gamma, beta fp32 [D]. Statistics in fp32.
// Differentiable in everything. The dropout's row r is row r of x.
Tensor bias_dropout_residual_norm(const Tensor& x_RD, const Tensor& bias_D,
                                  const Tensor& residual_RD, const Tensor& gamma_D,
                                  const Tensor& beta_D, double eps, const Dropout& dropout);
Tensor bias_dropout_residual_norm_reference(const Tensor& x_RD, const Tensor& bias_D,
                                            const Tensor& residual_RD, const Tensor& gamma_D,
                                            const Tensor& beta_D, double eps,
                                            const Dropout& dropout);

// LayerNorm over the last dimension; fp32 inside, the result has x's type.
Tensor layer_norm(const Tensor& x_RD, const Tensor& gamma_D, const Tensor& beta_D, double eps);

}  // namespace lexome
