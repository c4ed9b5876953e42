// Tensors to and from safetensors files (base/safetensors.h holds the format). Loading copies out
// of the map, so a file may be replaced afterwards.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <string>

#include "base/safetensors.h"
#include "tensor/torch.h"

namespace lexome {

using TensorMap = std::map<std::string, Tensor>;

// A copy on the CPU. FormatError for a dtype libtorch does not know.
Tensor to_tensor(const TensorView& view, const std::string& name = "tensor");
TensorMap load_tensors(const std::string& path);
// Any device, any layout; written contiguous.
void save_tensors(const std::string& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata = {});

// Parameters and buffers of a module by name, sharing storage with it.
TensorMap named_tensors(const torch::nn::Module& module, const std::string& prefix = "");
// Copies tensors into the module's parameters and buffers. Names must match one to one and shapes
// exactly (FormatError naming the first that does not, and `origin`).
void load_named_tensors(torch::nn::Module& module, const TensorMap& tensors,
                        const std::string& origin);

}  // namespace lexome
