// Which parameters move and how far; kernels/adamw.h does the arithmetic. Nothing is read back from
// a device to the host here.
#include "train/optimizer.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include "kernels/adamw.h"
#include "lexome/error.h"

namespace lexome {

std::vector<NamedParameter> trainable_parameters(const torch::nn::Module& module,
                                                 const std::string& prefix) {
  std::vector<NamedParameter> parameters;
  for (const auto& item : module.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    parameters.push_back({prefix + item.key(), item.value(), item.value().dim() >= 2});
  }
  return parameters;
}

AdamW::AdamW(std::vector<NamedParameter> parameters, const AdamWOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  const torch::NoGradGuard no_grad;
  for (const NamedParameter& parameter : parameters_) {
    first_.push_back(torch::zeros_like(parameter.tensor, torch::MemoryFormat::Contiguous));
    second_.push_back(torch::zeros_like(parameter.tensor, torch::MemoryFormat::Contiguous));
  }
}

void AdamW::zero_grad() {
  for (NamedParameter& parameter : parameters_) parameter.tensor.mutable_grad() = Tensor();
}

Tensor AdamW::step(double learning_rate, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> norms;
  for (const NamedParameter& parameter : parameters_) {
    if (parameter.tensor.grad().defined()) norms.push_back(parameter.tensor.grad().norm());
  }
  if (norms.empty())
    throw InternalError("an update was asked for before any gradient was computed");
  const Tensor norm = torch::stack(norms).norm();
  // The same guard against a zero norm as PyTorch's clip_grad_norm_.
  const Tensor scale = max_norm > 0 ? (max_norm / (norm + 1e-6)).clamp_max(1.0) : Tensor();

  ++steps_;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& weight = parameters_[i].tensor;
    if (!weight.grad().defined()) continue;
    adamw_update(weight, weight.grad(), first_[i], second_[i], learning_rate, options_.beta1,
                 options_.beta2, options_.eps, parameters_[i].decay ? options_.weight_decay : 0.0,
                 steps_, scale);
  }
  return norm;
}

TensorMap AdamW::state() const {
  TensorMap state;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    state["first/" + parameters_[i].name] = first_[i];
    state["second/" + parameters_[i].name] = second_[i];
  }
  state["steps"] = torch::full({1}, steps_, torch::kInt64);
  return state;
}

void AdamW::load_state(const TensorMap& state, const std::string& origin) {
  const torch::NoGradGuard no_grad;
  const auto find = [&](const std::string& name) -> const Tensor& {
    const auto found = state.find(name);
    if (found == state.end())
      throw FormatError(fmt::format("{}: optimizer state '{}' is missing", origin, name));
    return found->second;
  };
  const auto copy = [&](const std::string& name, Tensor& target) {
    const Tensor& source = find(name);
    if (source.sizes() != target.sizes()) {
      throw FormatError(fmt::format("{}: optimizer state '{}' has another shape than its parameter",
                                    origin, name));
    }
    target.copy_(source);
  };
  for (size_t i = 0; i < parameters_.size(); ++i) {
    copy("first/" + parameters_[i].name, first_[i]);
    copy("second/" + parameters_[i].name, second_[i]);
  }
  steps_ = find("steps").item<int64_t>();
}

}  // namespace lexome
