// The closing step of a residual block whose stream stays in fp32: y = x +
// scale * (p + bias), where p comes from a matrix product in its own type.
// Shape letters: R rows, D width.
#pragma once

#include "tensor/torch.h"

namespace lexome {

// x_RD fp32 of any leading shape, product_RD fp32 or bf16 with as many rows;
// bias_D and scale_D fp32, scale_D may be undefined (none). Differentiable in
// all of them; a gradient of the product has its type.
Tensor add_branch(const Tensor& x_RD, const Tensor& product_RD, const Tensor& bias_D,
                  const Tensor& scale_D);
// The same from tensor operations.
Tensor add_branch_reference(const Tensor& x_RD, const Tensor& product_RD, const Tensor& bias_D,
                            const Tensor& scale_D);

}  // namespace lexome
