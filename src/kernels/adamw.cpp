// AdamW: the fused CPU pass and the reference that other devices run.
#include "kernels/adamw.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "kernels/rows.h"
#include "tensor/compat.h"

namespace lexome {

void adamw_update_reference(const Tensor& param, const Tensor& grad, const Tensor& m,
                            const Tensor& v, double lr, double beta1, double beta2, double eps,
                            double weight_decay, int64_t step, const Tensor& grad_scale) {
  const torch::NoGradGuard no_grad;
  const Tensor g = grad_scale.defined() ? grad * grad_scale : grad;
  const double power = static_cast<double>(step);
  m.mul_(beta1).add_(g, 1 - beta1);
  v.mul_(beta2).addcmul_(g, g, 1 - beta2);
  const Tensor spread = (v / (1 - std::pow(beta2, power))).sqrt_().add_(eps);
  param.mul_(1 - lr * weight_decay).addcdiv_(m, spread, -lr / (1 - std::pow(beta1, power)));
}

void adamw_update(const Tensor& param, const Tensor& grad, const Tensor& m, const Tensor& v,
                  double lr, double beta1, double beta2, double eps, double weight_decay,
                  int64_t step, const Tensor& grad_scale) {
  const bool plain = param.is_cpu() && param.scalar_type() == torch::kFloat32 &&
                     param.is_contiguous() && grad.is_contiguous() &&
                     grad.scalar_type() == torch::kFloat32;
  if (!plain) {
    adamw_update_reference(param, grad, m, v, lr, beta1, beta2, eps, weight_decay, step,
                           grad_scale);
    return;
  }
  const double power = static_cast<double>(step);
  AdamWArguments a;
  a.parameter = param.data_ptr<float>();
  a.gradient = grad.data_ptr<float>();
  a.first = m.data_ptr<float>();
  a.second = v.data_ptr<float>();
  a.lr = static_cast<float>(lr);
  a.beta1 = static_cast<float>(beta1);
  a.beta2 = static_cast<float>(beta2);
  a.eps = static_cast<float>(eps);
  a.decay = static_cast<float>(lr * weight_decay);
  a.correction1 = static_cast<float>(1 / (1 - std::pow(beta1, power)));
  a.correction2 = static_cast<float>(1 / (1 - std::pow(beta2, power)));
  if (grad_scale.defined()) a.grad_scale = grad_scale.item<float>();
  const auto kernel = row_kernels().adamw;
  at::parallel_for(0, param.numel(), 1 << 15,
                   [&](int64_t begin, int64_t end) { kernel(a, begin, end); });
  mark_changed(param);
}

}  // namespace lexome
