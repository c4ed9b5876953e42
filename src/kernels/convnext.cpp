#include "kernels/convnext.h"

#include <ATen/Parallel.h>

#include "kernels/amx.h"
#include "kernels/convnext_rows.h"

namespace lexome {
namespace {

const uint16_t* halves_of(const Tensor& x) { return static_cast<const uint16_t*>(x.data_ptr()); }

}  // namespace

bool convnext_fits(const Tensor& x_BLD, const WeightCopy& in, const WeightCopy& out) {
  return amx_ready() && x_BLD.is_cpu() && x_BLD.scalar_type() == torch::kFloat32 &&
         x_BLD.numel() > 0 && in.forward.defined() && out.forward.defined() &&
         in.inputs % 32 == 0 && in.outputs % 32 == 0;
}

Tensor convnext(const Tensor& x_BLD, const Tensor& lengths_B, const ConvNextWeights& weights,
                const WeightCopy& in, const WeightCopy& out) {
  const torch::NoGradGuard no_grad;
  const Tensor x = x_BLD.contiguous(), y_BLD = torch::empty_like(x);
  const Tensor lengths = lengths_B.contiguous(), dw_weight_KD = weights.dw_weight_KD.contiguous();
  ConvNextArguments a;
  a.dw.x = x.data_ptr<float>();
  a.dw.weight = dw_weight_KD.data_ptr<float>();
  a.dw.bias = weights.dw_bias_D.data_ptr<float>();
  a.dw.lengths = lengths.data_ptr<int64_t>();
  a.dw.length = x.size(1);
  a.dw.channels = x.size(2);
  a.dw.taps = dw_weight_KD.size(0);
  a.norm.gamma = weights.norm_weight_D.data_ptr<float>();
  a.norm.beta = weights.norm_bias_D.data_ptr<float>();
  a.norm.eps = static_cast<float>(weights.norm_eps);
  a.norm.columns = x.size(2);
  a.in = halves_of(in.forward);
  a.in_bias = weights.in_bias_F.data_ptr<float>();
  a.out = halves_of(out.forward);
  a.out_bias = weights.out_bias_D.data_ptr<float>();
  if (weights.scale_D.defined()) a.scale = weights.scale_D.data_ptr<float>();
  a.inner = in.outputs;
  a.y = y_BLD.data_ptr<float>();
  at::parallel_for(0, x.size(0) * x.size(1), kConvNextStretch,
                   [&](int64_t begin, int64_t end) { amx_convnext(a, begin, end); });
  return y_BLD;
}

}  // namespace lexome
