// Closing a residual block: dispatch, autograd and the reference.
#include "kernels/branch.h"

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/branch_rows.h"
#include "kernels/sums.h"

namespace lexome {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Without a scale `scale_D` repeats the bias and is not read.
struct AddBranch : torch::autograd::Function<AddBranch> {
  static BranchArguments arguments(const Tensor& product_RD, const Tensor& bias_D,
                                   const Tensor& scale_D, bool scaled) {
    BranchArguments a;
    a.product = product_RD.data_ptr();
    a.bias = bias_D.data_ptr<float>();
    if (scaled) a.scale = scale_D.data_ptr<float>();
    a.columns = product_RD.size(-1);
    return a;
  }

  static Tensor forward(AutogradContext* context, const Tensor& x_RD, const Tensor& product_RD,
                        const Tensor& bias_D, const Tensor& scale_D, bool scaled) {
    const Tensor y_RD = torch::empty_like(x_RD);
    BranchArguments a = arguments(product_RD, bias_D, scale_D, scaled);
    a.x = x_RD.data_ptr<float>();
    a.y = y_RD.data_ptr<float>();
    const auto kernel = branch_kernels().forward[element_of(product_RD)];
    at::parallel_for(0, x_RD.numel() / a.columns, 16,
                     [&](int64_t begin, int64_t end) { kernel(a, begin, end); });
    context->save_for_backward({product_RD, bias_D, scale_D});
    context->saved_data["scaled"] = scaled;
    return y_RD;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const bool scaled = context->saved_data["scaled"].toBool();
    const Tensor grad_y_RD = grads[0].contiguous(), grad_product_RD = torch::empty_like(saved[0]);
    BranchArguments a = arguments(saved[0], saved[1], saved[2], scaled);
    a.grad_y = grad_y_RD.data_ptr<float>();
    a.grad_product = grad_product_RD.data_ptr();
    const int64_t columns = a.columns;
    const auto kernel = branch_kernels().backward[element_of(saved[0])];
    const Tensor sums = blockwise_sums(grad_y_RD.numel() / columns, 2 * columns,
                                       [&](int64_t begin, int64_t end, float* partial) {
                                         kernel(a, begin, end, partial, partial + columns);
                                       });
    return {grad_y_RD, grad_product_RD, sums.slice(0, 0, columns),
            scaled ? sums.slice(0, columns, 2 * columns) : Tensor(), Tensor()};
  }
};

}  // namespace

Tensor add_branch_reference(const Tensor& x_RD, const Tensor& product_RD, const Tensor& bias_D,
                            const Tensor& scale_D) {
  const Tensor branch_RD = product_RD.to(torch::kFloat32) + bias_D;
  return x_RD + (scale_D.defined() ? branch_RD * scale_D : branch_RD).view(x_RD.sizes());
}

Tensor add_branch(const Tensor& x_RD, const Tensor& product_RD, const Tensor& bias_D,
                  const Tensor& scale_D) {
  if (!rows_fit(x_RD) || !rows_fit(product_RD) || x_RD.scalar_type() != torch::kFloat32)
    return add_branch_reference(x_RD, product_RD, bias_D, scale_D);
  const bool scaled = scale_D.defined();
  return AddBranch::apply(x_RD.contiguous(), product_RD.contiguous(), bias_D.contiguous(),
                          scaled ? scale_D.contiguous() : bias_D.detach(), scaled);
}

}  // namespace lexome
