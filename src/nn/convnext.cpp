#include "nn/convnext.h"

#include "kernels/branch.h"
#include "kernels/convnext.h"
#include "kernels/depthwise.h"
#include "kernels/gelu.h"
#include "kernels/layernorm.h"
#include "nn/parameters.h"

namespace lexome {

ConvNextBlock::ConvNextBlock(torch::nn::Module& root, const std::string& name,
                             const ConvNextOptions& options, uint64_t seed)
    : options_(options) {
  const int64_t d = options.width, f = options.expansion * d;
  const auto normal = [&](const std::string& part, torch::IntArrayRef shape) {
    return add_parameter(root, name + part, shape, Init::kNormal, seed);
  };
  const auto zeros = [&](const std::string& part, int64_t size) {
    return add_parameter(root, name + part, {size}, Init::kZeros, seed);
  };
  dw_weight_KD_ = normal(".dw.weight", {options.taps, d});
  dw_bias_D_ = zeros(".dw.bias", d);
  norm_weight_D_ = add_parameter(root, name + ".norm.weight", {d}, Init::kOnes, seed);
  norm_bias_D_ = zeros(".norm.bias", d);
  in_ = Projection({normal(".in.weight", {f, d})}, {zeros(".in.bias", f)});
  out_ = Projection({normal(".out.weight", {d, f})}, {zeros(".out.bias", d)});
  if (options.layer_scale > 0) {
    scale_D_ = zeros(".scale", d);
    const torch::NoGradGuard no_grad;
    scale_D_.fill_(options.layer_scale);
  }
}

Tensor ConvNextBlock::operator()(const Tensor& x_BLD, const Tensor& lengths_B, bool bf16) const {
  if (bf16 && !at::GradMode::is_enabled()) {
    const WeightCopy &in = in_.copy(torch::kBFloat16), &out = out_.copy(torch::kBFloat16);
    const ConvNextWeights weights = {dw_weight_KD_, dw_bias_D_,  norm_weight_D_, norm_bias_D_,
                                     in_.bias(),    out_.bias(), scale_D_,       options_.norm_eps};
    if (convnext_fits(x_BLD, in, out)) return convnext(x_BLD, lengths_B, weights, in, out);
  }
  const Tensor mixed_BLD = depthwise_conv(x_BLD, dw_weight_KD_, dw_bias_D_, lengths_B);
  Tensor y_RD = layer_norm(mixed_BLD.view({-1, options_.width}), norm_weight_D_, norm_bias_D_,
                           options_.norm_eps);
  if (bf16) y_RD = y_RD.to(torch::kBFloat16);
  const Tensor inner_RF = bias_gelu(in_.product(y_RD), in_.bias());
  return add_branch(x_BLD, out_.product(inner_RF), out_.bias(), scale_D_);
}

}  // namespace lexome
