// The matrix product with a weight: dispatch, autograd and the reference.
#include "kernels/linear.h"

#include <torch/csrc/autograd/custom_function.h>

namespace lexome {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct MatmulWeight : torch::autograd::Function<MatmulWeight> {
  static Tensor forward(AutogradContext* context, const Tensor& x_RI, const Tensor& weight_OI,
                        const Tensor& low_OI) {
    const bool low = x_RI.scalar_type() != weight_OI.scalar_type();
    context->save_for_backward({x_RI, low ? low_OI : weight_OI});
    context->saved_data["dtype"] = static_cast<int64_t>(weight_OI.scalar_type());
    return torch::mm(x_RI, (low ? low_OI : weight_OI).t());
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor& grad_RO = grads[0];
    const auto dtype = static_cast<torch::ScalarType>(context->saved_data["dtype"].toInt());
    Tensor grad_x, grad_w;
    if (context->needs_input_grad(0)) grad_x = torch::mm(grad_RO, saved[1]);
    if (context->needs_input_grad(1)) grad_w = torch::mm(grad_RO.t(), saved[0]).to(dtype);
    return {grad_x, grad_w, Tensor()};
  }
};

}  // namespace

Tensor matmul_weight_reference(const Tensor& x_RI, const Tensor& weight_OI) {
  return torch::mm(x_RI, weight_OI.t().to(x_RI.scalar_type()));
}

Tensor matmul_weight(const Tensor& x_RI, const Tensor& weight_OI, const Tensor& low_OI) {
  if (x_RI.scalar_type() != weight_OI.scalar_type() && !low_OI.defined())
    return matmul_weight_reference(x_RI, weight_OI);
  return MatmulWeight::apply(x_RI, weight_OI, low_OI.defined() ? low_OI : weight_OI.detach());
}

}  // namespace lexome
