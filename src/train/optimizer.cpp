// The update follows Algorithm 2 of Loshchilov and Hutter (2019) with decay scaled by the learning
// rate. Everything runs under NoGradGuard on the device of the parameters; nothing is read back to
// the host.
#include "train/optimizer.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <cmath>

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
  const double correction1 = 1.0 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double correction2 = 1.0 - std::pow(options_.beta2, static_cast<double>(steps_));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& weight = parameters_[i].tensor;
    if (!weight.grad().defined()) continue;
    const Tensor gradient = scale.defined() ? weight.grad() * scale : weight.grad();
    if (parameters_[i].decay) weight.mul_(1.0 - learning_rate * options_.weight_decay);
    first_[i].mul_(options_.beta1).add_(gradient, 1.0 - options_.beta1);
    second_[i].mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
    const Tensor denominator = (second_[i] / correction2).sqrt_().add_(options_.eps);
    weight.addcdiv_(first_[i], denominator, -learning_rate / correction1);
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
