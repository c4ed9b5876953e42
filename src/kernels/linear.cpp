// The matrix product with weights: dispatch, autograd and the reference. bfloat16 and fp32 run on
// tile registers where the CPU has them, else through libtorch.
#include "kernels/linear.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "kernels/amx.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

uint16_t* halves_of(const Tensor& x) { return static_cast<uint16_t*>(x.data_ptr()); }
Tensor packed_buffer(int64_t count) { return torch::empty({count}, torch::kBFloat16); }

// Rows as tiles want them: contiguous, both sizes padded with zeros to multiples of 32.
Tensor whole_tiles(const Tensor& x) {
  const int64_t rows = (x.size(0) + 31) / 32 * 32, columns = (x.size(1) + 31) / 32 * 32;
  if (rows == x.size(0) && columns == x.size(1)) return x.contiguous();
  const Tensor out = torch::zeros({rows, columns}, x.options());
  out.slice(0, 0, x.size(0)).slice(1, 0, x.size(1)).copy_(x);
  return out;
}

// Cuts a product into tasks of at most `at_once` row blocks, equally many for each thread, and of
// panels when rows alone give too few: body(first_rows, last_rows, first_panel, last_panel).
template <class Body>
void share_product(int64_t row_blocks, int64_t panels, int64_t at_once, const Body& body) {
  if (row_blocks == 0) return;
  const int64_t threads = at::get_num_threads();
  const int64_t rounds = (row_blocks + at_once * threads - 1) / (at_once * threads);
  const int64_t chunks = std::min(row_blocks, rounds * threads);
  const int64_t cuts = std::clamp<int64_t>((threads + chunks - 1) / chunks, 1, panels);
  at::parallel_for(0, chunks * cuts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t chunk = task / cuts, cut = task % cuts;
      body(chunk * row_blocks / chunks, (chunk + 1) * row_blocks / chunks, cut * panels / cuts,
           (cut + 1) * panels / cuts);
    }
  });
}

void multiply_parallel(AmxProduct product) {
  product.streamed = true;
  share_product(
      (product.m + 31) / 32, (product.n + 31) / 32, amx_rows_at_once(product.k),
      [&](int64_t first_rows, int64_t last_rows, int64_t first_panel, int64_t last_panel) {
        amx_multiply(product, first_rows, last_rows, first_panel, last_panel);
      });
}

template <class Pack>
void pack_parallel(int64_t panels, const Pack& pack) {
  at::parallel_for(0, panels, 1, [&](int64_t begin, int64_t end) { pack(begin, end); });
}

// x [R, K] times a packed right operand of n columns.
Tensor product_bf16(const Tensor& x, const Tensor& right, int64_t n, int64_t k) {
  const Tensor out = torch::empty({x.size(0), n}, torch::kBFloat16);
  const int64_t whole = k % 32 == 0 ? x.size(0) / 32 * 32 : 0;
  const Tensor rest = whole_tiles(x.slice(0, whole));
  AmxProduct product;
  product.left = amx_rows(halves_of(x), rest.size(1));
  product.left.rest = halves_of(rest);
  product.left.whole = whole / 16;
  product.right = halves_of(right);
  product.m = x.size(0);
  product.n = n;
  product.k = k;
  product.out = out.data_ptr();
  product.out_stride = n;
  product.out_bf16 = true;
  multiply_parallel(product);
  return out;
}

// g' x in fp32: the gradient of the weights.
Tensor weight_gradient_bf16(const Tensor& grad_RO, const Tensor& x_RI) {
  const int64_t rows = x_RI.size(0), inputs = x_RI.size(1), outputs = grad_RO.size(1);
  if (rows == 0) return torch::zeros({outputs, inputs}, torch::kFloat32);
  const Tensor left = packed_buffer(amx_left_size(outputs, rows)),
               right = packed_buffer(amx_right_size(inputs, rows));
  pack_parallel((outputs + 31) / 32, [&](int64_t begin, int64_t end) {
    amx_pack_left_km(halves_of(grad_RO), outputs, outputs, rows, halves_of(left), begin, end);
  });
  pack_parallel((inputs + 31) / 32, [&](int64_t begin, int64_t end) {
    amx_pack_right_kn(halves_of(x_RI), inputs, inputs, rows, halves_of(right), begin, end);
  });
  const Tensor out = torch::empty({outputs, inputs}, torch::kFloat32);
  AmxProduct product;
  product.left = amx_packed(halves_of(left), rows);
  product.right = halves_of(right);
  product.m = outputs;
  product.n = inputs;
  product.k = rows;
  product.out = out.data_ptr();
  product.out_stride = inputs;
  multiply_parallel(product);
  return out;
}

// Whether fp32 operands go to tile registers: where cutting them into parts costs little beside the
// product. How many rows there are has no say, so that a row's result does not depend on its mates.
bool floats_fit(const Tensor& left, int64_t inputs, int64_t outputs) {
  return left.is_cpu() && left.scalar_type() == torch::kFloat32 && left.size(0) > 0 &&
         std::min(inputs, outputs) >= 32 && amx_floats_ready();
}

Tensor product_floats(const AmxFloats& left, const AmxFloats& right, int64_t m, int64_t n,
                      int64_t k) {
  const Tensor out = torch::empty({m, n}, torch::kFloat32),
               parts = packed_buffer(amx_float_right_size(n, k));
  AmxFloatProduct product{left, right, m, n, k, out.data_ptr<float>(), n};
  pack_parallel((n + 31) / 32, [&](int64_t begin, int64_t end) {
    amx_cut_right(product, halves_of(parts), begin, end);
  });
  share_product(
      (m + 31) / 32, (n + 31) / 32, amx_float_rows_at_once(),
      [&](int64_t first_rows, int64_t last_rows, int64_t first_panel, int64_t last_panel) {
        const Tensor own = packed_buffer(amx_float_left_size());
        amx_multiply_floats(product, halves_of(parts), halves_of(own), first_rows, last_rows,
                            first_panel, last_panel);
      });
  return out;
}

AmxFloats floats_of(const Tensor& x, bool by_k) { return {x.data_ptr<float>(), x.size(1), by_k}; }

// x W', g W and g' x of contiguous operands that do not lie packed.
Tensor times_weight(const Tensor& x_RI, const Tensor& weight_OI) {
  const int64_t rows = x_RI.size(0), inputs = x_RI.size(1), outputs = weight_OI.size(0);
  if (!floats_fit(x_RI, inputs, outputs)) return torch::mm(x_RI, weight_OI.t());
  return product_floats(floats_of(x_RI, false), floats_of(weight_OI, false), rows, outputs, inputs);
}
Tensor times_transposed_weight(const Tensor& grad_RO, const Tensor& weight_OI) {
  const int64_t rows = grad_RO.size(0), inputs = weight_OI.size(1), outputs = grad_RO.size(1);
  if (!floats_fit(grad_RO, inputs, outputs)) return torch::mm(grad_RO, weight_OI);
  return product_floats(floats_of(grad_RO, false), floats_of(weight_OI, true), rows, inputs,
                        outputs);
}
Tensor weight_gradient(const Tensor& grad_RO, const Tensor& x_RI) {
  const int64_t rows = x_RI.size(0), inputs = x_RI.size(1), outputs = grad_RO.size(1);
  if (!floats_fit(x_RI, inputs, outputs)) return torch::mm(grad_RO.t(), x_RI).to(torch::kFloat32);
  return product_floats(floats_of(grad_RO, true), floats_of(x_RI, true), outputs, inputs, rows);
}

struct MatmulWeight : torch::autograd::Function<MatmulWeight> {
  // Up to three weights; those beyond `count` repeat the first and get no gradient.
  static Tensor forward(AutogradContext* context, const Tensor& x_RI, const Tensor& first,
                        const Tensor& second, const Tensor& third, int64_t count,
                        const WeightCopy& copy) {
    const bool packed = copy.forward.defined();
    context->save_for_backward({x_RI, packed ? copy.backward : copy.stacked_OI});
    context->saved_data["packed"] = packed;
    context->saved_data["inputs"] = copy.inputs;
    std::vector<int64_t> heights = {first.size(0), second.size(0), third.size(0)};
    heights.resize(static_cast<size_t>(count));
    context->saved_data["heights"] = heights;
    return packed ? product_bf16(x_RI, copy.forward, copy.outputs, copy.inputs)
                  : times_weight(x_RI, copy.stacked_OI);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto saved = context->get_saved_variables();
    auto& data = context->saved_data;
    const Tensor& x_RI = saved[0];
    const Tensor grad_RO = grads[0].contiguous();
    const bool packed = data["packed"].toBool();
    variable_list out(6);
    if (context->needs_input_grad(0)) {
      const int64_t inputs = data["inputs"].toInt();
      out[0] = packed ? product_bf16(grad_RO, saved[1], inputs, grad_RO.size(1))
                      : times_transposed_weight(grad_RO, saved[1]);
    }
    if (context->needs_input_grad(1) || context->needs_input_grad(2) ||
        context->needs_input_grad(3)) {
      const Tensor all =
          packed ? weight_gradient_bf16(grad_RO, x_RI) : weight_gradient(grad_RO, x_RI);
      int64_t row = 0;
      const std::vector<int64_t> heights = data["heights"].toIntVector();
      for (size_t i = 0; i < heights.size(); row += heights[i], ++i)
        out[i + 1] = all.slice(0, row, row + heights[i]);
    }
    return out;
  }
};

}  // namespace

WeightCopy copy_weights(const std::vector<Tensor>& weights, torch::ScalarType dtype) {
  const torch::NoGradGuard no_grad;
  WeightCopy copy;
  copy.inputs = weights[0].size(1);
  for (const Tensor& weight : weights) copy.outputs += weight.size(0);
  Tensor stacked = weights.size() == 1 ? weights[0].detach() : at::cat(weights);
  if (dtype != torch::kBFloat16 || !stacked.is_cpu() || !amx_ready()) {
    copy.stacked_OI = stacked.to(dtype).contiguous();
    return copy;
  }
  stacked = stacked.contiguous();
  const float* const from = stacked.data_ptr<float>();
  const int64_t outputs = copy.outputs, inputs = copy.inputs;
  copy.forward = packed_buffer(amx_right_size(outputs, inputs));
  copy.backward = packed_buffer(amx_right_size(inputs, outputs));
  pack_parallel((outputs + 31) / 32, [&](int64_t begin, int64_t end) {
    amx_pack_right_nk(from, inputs, outputs, inputs, halves_of(copy.forward), begin, end);
  });
  pack_parallel((inputs + 31) / 32, [&](int64_t begin, int64_t end) {
    amx_pack_right_kn(from, inputs, inputs, outputs, halves_of(copy.backward), begin, end);
  });
  return copy;
}

Tensor matmul_weight_reference(const Tensor& x_RI, const std::vector<Tensor>& weights) {
  return torch::mm(
      x_RI, (weights.size() == 1 ? weights[0] : at::cat(weights)).t().to(x_RI.scalar_type()));
}

Tensor matmul_weight(const Tensor& x_RI, const std::vector<Tensor>& weights,
                     const WeightCopy& copy) {
  const auto at = [&](size_t i) { return i < weights.size() ? weights[i] : weights[0].detach(); };
  return MatmulWeight::apply(x_RI.contiguous(), at(0), at(1), at(2),
                             static_cast<int64_t>(weights.size()), copy);
}

}  // namespace lexome
