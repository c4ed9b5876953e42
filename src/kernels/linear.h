// y = x W' as one differentiable step that may compute in bfloat16: the product runs on a bf16 copy
// of W that its owner keeps, while the gradient of W is summed into fp32. Shape letters: R rows, I
// inputs, O outputs.
#pragma once

#include "tensor/torch.h"

namespace lexome {

// x_RI fp32 or bf16. weight_OI is the fp32 parameter; low_OI its bf16 copy, needed when x is bf16.
// The result has x's type; the gradient of weight_OI is fp32.
Tensor matmul_weight(const Tensor& x_RI, const Tensor& weight_OI, const Tensor& low_OI = {});
Tensor matmul_weight_reference(const Tensor& x_RI, const Tensor& weight_OI);

}  // namespace lexome
