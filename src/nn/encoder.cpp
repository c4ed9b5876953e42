#include "nn/encoder.h"

#include <fmt/format.h>

#include "kernels/gelu.h"
#include "kernels/layernorm.h"
#include "lexome/error.h"

namespace lexome {
namespace {

Dropout at_site(Dropout dropout, size_t layer, uint32_t place) {
  dropout.site = static_cast<uint32_t>(4 * (layer + 1)) + place;
  return dropout;
}

// LayerNorm(residual + dropout(x W' + b)).
Tensor close_half(const Projection& projection, const Tensor& x, const Tensor& residual_RD,
                  const Norm& norm, const Dropout& dropout) {
  return bias_dropout_residual_norm(projection.product(x), projection.bias(), residual_RD,
                                    norm.gamma_D, norm.beta_D, norm.eps, dropout);
}

}  // namespace

Encoder::Encoder(torch::nn::Module& root, const std::string& prefix, const EncoderOptions& options,
                 uint64_t seed)
    : options_(options) {
  const int64_t d = options.width, f = options.ffn;
  if (d % options.heads != 0)
    throw ConfigError(
        fmt::format("model.heads = {} does not divide model.width = {}", options.heads, d));
  if (options.rotary_tokens > 0) {
    if (d / options.heads % 2 != 0) {
      throw ConfigError(
          fmt::format("rotary positions need heads of even width; model.width / "
                      "model.heads is {}",
                      d / options.heads));
    }
    table_ = rotary_table(options.rotary_tokens, d / options.heads, options.rotary_base);
  }
  for (int64_t i = 0; i < options.layers; ++i) {
    const std::string at = fmt::format("{}.layer.{}.", prefix, i);
    const auto projection = [&](const std::vector<std::string>& names, int64_t out, int64_t in) {
      std::vector<std::string> full;
      for (const std::string& name : names) full.push_back(at + name);
      return add_projection(root, full, out, in, seed, options.init);
    };
    const auto norm = [&](const char* name) {
      return add_norm(root, at + name, d, options.layer_norm_eps);
    };
    Layer layer;
    layer.qkv =
        projection({"attention.self.query", "attention.self.key", "attention.self.value"}, d, d);
    layer.attention_out = projection({"attention.output.dense"}, d, d);
    layer.attention_norm = norm("attention.output.LayerNorm");
    layer.ffn_in = projection({"intermediate.dense"}, f, d);
    layer.ffn_out = projection({"output.dense"}, d, f);
    layer.ffn_norm = norm("output.LayerNorm");
    layers_.push_back(std::move(layer));
  }
}

template <class Attend>
Tensor Encoder::run(Tensor x_RD, const Dropout& dropout, std::vector<Tensor>* kept,
                    const Attend& attend) const {
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& each = layers_[i];
    const Tensor context_RD = attend(each.qkv, x_RD, at_site(dropout, i, 0));
    x_RD = close_half(each.attention_out, context_RD, x_RD, each.attention_norm,
                      at_site(dropout, i, 1));
    const Tensor inner_RF = bias_gelu(each.ffn_in.product(x_RD), each.ffn_in.bias());
    x_RD = close_half(each.ffn_out, inner_RF, x_RD, each.ffn_norm, at_site(dropout, i, 2));
    if (kept != nullptr) kept->push_back(x_RD);
  }
  return x_RD;
}

Tensor Encoder::operator()(Tensor x_RD, const Tensor& lengths_B, Dropout dropout,
                           std::vector<Tensor>* kept) const {
  return run(std::move(x_RD), dropout, kept,
             [&](const Projection& qkv, const Tensor& x, const Dropout& at) {
               return attention(qkv.product(x), qkv.bias(), lengths_B, options_.heads, at,
                                options_.padding_score);
             });
}

Tensor Encoder::operator()(Tensor x_RD, const Packed& rows, const Tensor& positions_R,
                           Dropout dropout, std::vector<Tensor>* kept) const {
  const torch::Device device = x_RD.device();
  const RotaryTable table = {table_.cosines_PH.to(device), table_.sines_PH.to(device)};
  return run(std::move(x_RD), dropout, kept,
             [&](const Projection& qkv, const Tensor& x, const Dropout&) {
               return rotary_self_attention(qkv(x), rows, positions_R, table, options_.heads);
             });
}

double Encoder::flops_a_token(double tokens) const {
  const auto d = static_cast<double>(options_.width), f = static_cast<double>(options_.ffn);
  return static_cast<double>(options_.layers) * (2 * (4 * d * d + 2 * d * f) + 4 * tokens * d);
}

}  // namespace lexome
