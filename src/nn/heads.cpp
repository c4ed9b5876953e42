// Heads and the poolings they take.
#include "nn/heads.h"

#include <cmath>
#include <limits>

#include "nn/parameters.h"

namespace lexome {
namespace {

constexpr uint32_t kHeadSite = 0xFFFF00;  // beyond any layer's dropout sites

Tensor real_tokens(const Tensor& states_BTD, const Tensor& lengths_B) {  // [B, T, 1] bool
  const Tensor token_T = torch::arange(
      states_BTD.size(1), torch::TensorOptions().dtype(torch::kInt64).device(states_BTD.device()));
  return token_T.unsqueeze(0).lt(lengths_B.to(states_BTD.device()).unsqueeze(1)).unsqueeze(2);
}

}  // namespace

ClassifierHead::ClassifierHead(int64_t width, int64_t classes, double dropout, uint64_t seed,
                               bool mlp)
    : dropout_(dropout),
      weight_CD_(add_parameter(*this, "classifier.weight", {classes, width}, Init::kNormal, seed)),
      bias_C_(add_parameter(*this, "classifier.bias", {classes}, Init::kZeros, seed)) {
  if (!mlp) return;
  dense_DD_ = add_parameter(*this, "classifier.dense.weight", {width, width}, Init::kNormal, seed,
                            1.0 / std::sqrt(static_cast<double>(width)));
  dense_bias_D_ = add_parameter(*this, "classifier.dense.bias", {width}, Init::kZeros, seed);
}

Tensor ClassifierHead::forward(const Tensor& pooled_BD, bool training, uint64_t seed,
                               uint64_t step) {
  const Dropout dropout{training ? dropout_ : 0.0, seed, step, kHeadSite};
  const Tensor x_BD = dense_DD_.defined()
                          ? torch::gelu(torch::addmm(dense_bias_D_, pooled_BD, dense_DD_.t()))
                          : pooled_BD;
  return torch::addmm(bias_C_, apply_dropout(x_BD, dropout), weight_CD_.t());
}

Tensor mean_pool(const Tensor& states_BTD, const Tensor& lengths_B) {
  const Tensor real = real_tokens(states_BTD, lengths_B);
  const Tensor count = lengths_B.to(states_BTD.device()).to(states_BTD.scalar_type()).unsqueeze(1);
  return states_BTD.masked_fill(real.logical_not(), 0).sum(1) / count;
}

Tensor max_pool(const Tensor& states_BTD, const Tensor& lengths_B) {
  const Tensor real = real_tokens(states_BTD, lengths_B);
  return states_BTD.masked_fill(real.logical_not(), -std::numeric_limits<float>::infinity())
      .amax(1);
}

}  // namespace lexome
