// AdamW (Loshchilov and Hutter 2019, ICLR) over named parameters, with clipping by the global
// gradient norm. States are kept by parameter name, so a checkpoint does not depend on the order of
// parameters.
#pragma once

#include <string>
#include <vector>

#include "tensor/tensor_io.h"

namespace lexome {

struct NamedParameter {
  std::string name;
  Tensor tensor;
  bool decay = true;  // weight decay applies
};

// The trainable parameters of a module; bias vectors and everything of rank below 2 (norms) do not
// decay.
std::vector<NamedParameter> trainable_parameters(const torch::nn::Module& module,
                                                 const std::string& prefix = "");
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
};

class AdamW {
 public:
  AdamW(std::vector<NamedParameter> parameters, const AdamWOptions& options);

  // One update with the gradients at hand. They are scaled by min(1, max_norm / norm) on the way
  // (max_norm 0: never). Returns the norm before clipping as a scalar on the device, so that no
  // synchronisation happens here. Parameters without a gradient stay as they are.
  Tensor step(double learning_rate, double max_norm);
  void zero_grad();

  // "first/NAME", "second/NAME" and the scalar "steps"; tensors share storage with the optimizer.
  TensorMap state() const;
  // Copies a state in. FormatError names a missing tensor or one of the wrong shape.
  void load_state(const TensorMap& state, const std::string& origin);
  int64_t steps() const { return steps_; }
  const std::vector<NamedParameter>& parameters() const { return parameters_; }

 private:
  std::vector<NamedParameter> parameters_;
  std::vector<Tensor> first_, second_;
  AdamWOptions options_;
  int64_t steps_ = 0;
};

}  // namespace lexome
