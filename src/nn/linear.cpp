// The cache of bf16 weights. A copy is made on first use after a change and shared by the forward
// and backward passes of a step.
#include "nn/linear.h"

#include <ATen/ops/cat.h>

#include <utility>

#include "kernels/linear.h"
#include "tensor/compat.h"

namespace lexome {

Projection::Projection(std::vector<Tensor> weights, std::vector<Tensor> biases)
    : weights_(std::move(weights)), biases_(std::move(biases)) {}

Tensor Projection::low() const {
  std::vector<int64_t> now;
  for (const Tensor& weight : weights_) {
    now.push_back(change_count(weight));
    now.push_back(reinterpret_cast<int64_t>(weight.data_ptr()));
  }
  if (!low_OI_.defined() || now != made_of_) {
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> copies;
    for (const Tensor& weight : weights_) copies.push_back(weight.detach().to(torch::kBFloat16));
    low_OI_ = copies.size() == 1 ? copies[0] : at::cat(copies);
    made_of_ = std::move(now);
  }
  return low_OI_;
}

Tensor Projection::product(const Tensor& x_RI) const {
  const Tensor weight = weights_.size() == 1 ? weights_[0] : at::cat(weights_);
  const bool bf16 = x_RI.scalar_type() == torch::kBFloat16;
  return matmul_weight(x_RI, weight, bf16 ? low() : Tensor());
}

Tensor Projection::bias() const { return biases_.size() == 1 ? biases_[0] : at::cat(biases_); }

Tensor Projection::operator()(const Tensor& x_RI) const {
  const Tensor y = product(x_RI);
  return biases_.empty() ? y : y + bias().to(y.scalar_type());
}

}  // namespace lexome
