// LayerNorm and what precedes it in a post-norm layer: dispatch, autograd and the reference.
#include "kernels/layernorm.h"

#include <ATen/ops/layer_norm.h>

namespace lexome {

Tensor layer_norm(const Tensor& x_RD, const Tensor& gamma_D, const Tensor& beta_D, double eps) {
  const Tensor y = at::layer_norm(x_RD.to(torch::kFloat32), gamma_D.sizes(), gamma_D, beta_D, eps);
  return y.to(x_RD.scalar_type());
}

Tensor bias_dropout_residual_norm_reference(const Tensor& x_RD, const Tensor& bias_D,
                                            const Tensor& residual_RD, const Tensor& gamma_D,
                                            const Tensor& beta_D, double eps,
                                            const Dropout& dropout) {
  const Tensor branch = apply_dropout(x_RD.to(torch::kFloat32) + bias_D, dropout);
  const Tensor sum = residual_RD.to(torch::kFloat32) + branch;
  return at::layer_norm(sum, gamma_D.sizes(), gamma_D, beta_D, eps).to(x_RD.scalar_type());
}

Tensor bias_dropout_residual_norm(const Tensor& x_RD, const Tensor& bias_D,
                                  const Tensor& residual_RD, const Tensor& gamma_D,
                                  const Tensor& beta_D, double eps, const Dropout& dropout) {
  return bias_dropout_residual_norm_reference(x_RD, bias_D, residual_RD, gamma_D, beta_D, eps,
                                              dropout);
}

}  // namespace lexome
