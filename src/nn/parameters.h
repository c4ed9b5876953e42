// Parameters with dotted names ("encoder.layer.0.dense.weight") on a tree of plain modules, filled
// from the counter-based generator: a parameter's values depend on (seed, its name) and on nothing
// else, so adding a head or a layer changes no other weight.
#pragma once

#include <torch/nn/module.h>

#include <string>

#include "tensor/torch.h"

namespace lexome {

enum class Init { kZeros, kOnes, kNormal };

// Makes submodules along the dots. `spread` is the standard deviation of kNormal.
Tensor add_parameter(torch::nn::Module& root, const std::string& name, torch::IntArrayRef shape,
                     Init init, uint64_t seed, double spread = 0.02);

}  // namespace lexome
