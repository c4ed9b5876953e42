// LayerNorm and what precedes it in a post-norm layer: dispatch, autograd and the reference. The
// backward pass works the sum and the dropout mask out again instead of storing them.
#include "kernels/layernorm.h"

#include <ATen/ops/layer_norm.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/rows.h"
#include "kernels/sums.h"

namespace lexome {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Without x this is a plain LayerNorm of the residual.
struct ResidualNorm : torch::autograd::Function<ResidualNorm> {
  static NormArguments arguments(const Tensor& x_RD, const Tensor& bias_D,
                                 const Tensor& residual_RD, const Tensor& gamma_D,
                                 const Tensor& beta_D, const Tensor& statistics_R2, bool has_x) {
    NormArguments a;
    if (has_x) {
      a.x = x_RD.data_ptr();
      a.bias = bias_D.data_ptr<float>();
    }
    a.residual = residual_RD.data_ptr();
    a.gamma = gamma_D.data_ptr<float>();
    a.beta = beta_D.data_ptr<float>();
    a.statistics = statistics_R2.data_ptr<float>();
    a.columns = residual_RD.size(-1);
    return a;
  }

  static Tensor forward(AutogradContext* context, const Tensor& x_RD, const Tensor& bias_D,
                        const Tensor& residual_RD, const Tensor& gamma_D, const Tensor& beta_D,
                        bool has_x, double eps, double rate, int64_t seed, int64_t step,
                        int64_t site) {
    const Dropout dropout{rate, static_cast<uint64_t>(seed), static_cast<uint64_t>(step),
                          static_cast<uint32_t>(site)};
    const int64_t rows = residual_RD.numel() / residual_RD.size(-1);
    const Tensor statistics_R2 = torch::empty({rows, 2}, torch::kFloat32);
    const Tensor y_RD = torch::empty_like(residual_RD);
    NormArguments a = arguments(x_RD, bias_D, residual_RD, gamma_D, beta_D, statistics_R2, has_x);
    a.eps = static_cast<float>(eps);
    a.dropout = dropout.for_rows();
    a.y = y_RD.data_ptr();
    const auto kernel = row_kernels().norm_forward[element_of(residual_RD)];
    at::parallel_for(0, rows, 16, [&](int64_t begin, int64_t end) { kernel(a, begin, end); });
    context->save_for_backward({x_RD, bias_D, residual_RD, gamma_D, beta_D, statistics_R2});
    context->saved_data["has_x"] = has_x;
    context->saved_data["rate"] = rate;
    context->saved_data["seed"] = seed;
    context->saved_data["step"] = step;
    context->saved_data["site"] = site;
    return y_RD;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor& residual_RD = saved[2];
    auto& data = context->saved_data;
    const bool has_x = data["has_x"].toBool();
    const Dropout dropout{data["rate"].toDouble(), static_cast<uint64_t>(data["seed"].toInt()),
                          static_cast<uint64_t>(data["step"].toInt()),
                          static_cast<uint32_t>(data["site"].toInt())};
    const Tensor grad_y_RD = grads[0].contiguous();
    const Tensor grad_residual_RD = torch::empty_like(residual_RD);
    const Tensor grad_x_RD = has_x ? torch::empty_like(residual_RD) : Tensor();
    NormArguments a =
        arguments(saved[0], saved[1], residual_RD, saved[3], saved[4], saved[5], has_x);
    a.dropout = dropout.for_rows();
    a.grad_y = grad_y_RD.data_ptr();
    a.grad_residual = grad_residual_RD.data_ptr();
    if (has_x) a.grad_x = grad_x_RD.data_ptr();
    const int64_t columns = a.columns, rows = residual_RD.numel() / columns;
    const auto kernel = row_kernels().norm_backward[element_of(residual_RD)];
    const Tensor sums =
        blockwise_sums(rows, 3 * columns, [&](int64_t begin, int64_t end, float* partial) {
          kernel(a, begin, end, partial, partial + columns, partial + 2 * columns);
        });
    const Tensor grad_bias = has_x ? sums.slice(0, 0, columns) : Tensor();
    return {grad_x_RD,
            grad_bias,
            grad_residual_RD,
            sums.slice(0, columns, 2 * columns),
            sums.slice(0, 2 * columns, 3 * columns),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor(),
            Tensor()};
  }
};

}  // namespace

Tensor layer_norm(const Tensor& x_RD, const Tensor& gamma_D, const Tensor& beta_D, double eps) {
  if (rows_fit(x_RD)) {
    const Tensor x = x_RD.contiguous();
    return ResidualNorm::apply(beta_D, beta_D, x, gamma_D, beta_D, false, eps, 0.0, int64_t{0},
                               int64_t{0}, int64_t{0});
  }
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
  if (!rows_fit(x_RD) || x_RD.scalar_type() != residual_RD.scalar_type())
    return bias_dropout_residual_norm_reference(x_RD, bias_D, residual_RD, gamma_D, beta_D, eps,
                                                dropout);
  return ResidualNorm::apply(x_RD.contiguous(), bias_D.contiguous(), residual_RD.contiguous(),
                             gamma_D, beta_D, true, eps, dropout.rate,
                             static_cast<int64_t>(dropout.seed), static_cast<int64_t>(dropout.step),
                             static_cast<int64_t>(dropout.site));
}

}  // namespace lexome
