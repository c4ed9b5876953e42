// GELU with its bias: dispatch, autograd and the reference.
#include "kernels/gelu.h"

#include <ATen/ops/gelu.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/rows.h"
#include "kernels/sums.h"

namespace lexome {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct BiasGelu : torch::autograd::Function<BiasGelu> {
  static Tensor forward(AutogradContext* context, const Tensor& x_RF, const Tensor& bias_F) {
    context->save_for_backward({x_RF, bias_F});
    const Tensor y_RF = torch::empty_like(x_RF);
    const int64_t columns = x_RF.size(-1);
    const auto kernel = row_kernels().gelu_forward[element_of(x_RF)];
    at::parallel_for(0, x_RF.numel() / columns, 16, [&](int64_t begin, int64_t end) {
      kernel(row_of(x_RF, begin), bias_F.data_ptr<float>(), row_of(y_RF, begin), end - begin,
             columns);
    });
    return y_RF;
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &x_RF = saved[0], &bias_F = saved[1];
    const Tensor grad_y_RF = grads[0].contiguous(), grad_x_RF = torch::empty_like(x_RF);
    const int64_t columns = x_RF.size(-1);
    const auto kernel = row_kernels().gelu_backward[element_of(x_RF)];
    const Tensor grad_bias = blockwise_sums(
        x_RF.numel() / columns, columns, [&](int64_t begin, int64_t end, float* sums) {
          kernel(row_of(x_RF, begin), bias_F.data_ptr<float>(), row_of(grad_y_RF, begin),
                 row_of(grad_x_RF, begin), sums, end - begin, columns);
        });
    return {grad_x_RF, grad_bias};
  }
};

}  // namespace

Tensor bias_gelu_reference(const Tensor& x_RF, const Tensor& bias_F) {
  return at::gelu(x_RF.to(torch::kFloat32) + bias_F).to(x_RF.scalar_type());
}

Tensor bias_gelu(const Tensor& x_RF, const Tensor& bias_F) {
  if (!rows_fit(x_RF)) return bias_gelu_reference(x_RF, bias_F);
  return BiasGelu::apply(x_RF.contiguous(), bias_F.contiguous());
}

}  // namespace lexome
