// One AdamW update of one parameter in a single pass over its memory (Loshchilov & Hutter 2019,
// with decoupled decay): m and v are moved on, p -= lr * (weight_decay * p + mhat / (sqrt(vhat) +
// eps)).
#pragma once

#include <cstdint>

#include "tensor/torch.h"

namespace lexome {

// All four are fp32 of one shape on one device; `step` counts from 1. `grad_scale` is a scalar
// tensor the gradient is multiplied by (clipping), undefined for 1. Not differentiable; marks
// `param` as changed.
void adamw_update(const Tensor& param, const Tensor& grad, const Tensor& m, const Tensor& v,
                  double lr, double beta1, double beta2, double eps, double weight_decay,
                  int64_t step, const Tensor& grad_scale = {});
void adamw_update_reference(const Tensor& param, const Tensor& grad, const Tensor& m,
                            const Tensor& v, double lr, double beta1, double beta2, double eps,
                            double weight_decay, int64_t step, const Tensor& grad_scale = {});

}  // namespace lexome
