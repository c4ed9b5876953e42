// Tensors as named bytes. The dtype table below is the only place where the two worlds' types meet.
#include "tensor/tensor_io.h"

#include <fmt/format.h>

#include <cstring>

#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

struct DtypePair {
  Dtype file;
  torch::ScalarType torch;
};
constexpr DtypePair kDtypes[] = {{Dtype::kF64, torch::kFloat64}, {Dtype::kF32, torch::kFloat32},
                                 {Dtype::kF16, torch::kFloat16}, {Dtype::kBF16, torch::kBFloat16},
                                 {Dtype::kI64, torch::kInt64},   {Dtype::kI32, torch::kInt32},
                                 {Dtype::kI16, torch::kInt16},   {Dtype::kI8, torch::kInt8},
                                 {Dtype::kU8, torch::kUInt8},    {Dtype::kBool, torch::kBool}};

Dtype file_dtype(const Tensor& tensor, const std::string& name) {
  for (const DtypePair& pair : kDtypes)
    if (pair.torch == tensor.scalar_type()) return pair.file;
  throw InternalError(fmt::format("tensor {} has type {}, which safetensors cannot hold", name,
                                  torch::toString(tensor.scalar_type())));
}

}  // namespace

Tensor to_tensor(const TensorView& view, const std::string& name) {
  for (const DtypePair& pair : kDtypes) {
    if (pair.file != view.dtype) continue;
    Tensor tensor = torch::empty(view.shape, torch::TensorOptions().dtype(pair.torch));
    if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
    return tensor;
  }
  throw FormatError(fmt::format("tensor {} has type {}, which cannot be computed with", name,
                                dtype_name(view.dtype)));
}

TensorMap load_tensors(const std::string& path) {
  const SafetensorsFile file(path);
  TensorMap tensors;
  for (const auto& [name, view] : file.tensors()) tensors.emplace(name, to_tensor(view, name));
  return tensors;
}

void save_tensors(const std::string& path, const TensorMap& tensors,
                  const std::map<std::string, std::string>& metadata) {
  TensorMap kept;  // contiguous CPU copies live until the file is written
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const Tensor& plain =
        kept.emplace(name, tensor.detach().to(torch::kCPU).contiguous()).first->second;
    TensorView view;
    view.dtype = file_dtype(plain, name);
    view.shape = plain.sizes().vec();
    view.bytes = {static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()};
    views.emplace(name, std::move(view));
  }
  write_safetensors(path, views, metadata);
}

TensorMap named_tensors(const torch::nn::Module& module, const std::string& prefix) {
  TensorMap tensors;
  for (const auto& item : module.named_parameters())
    tensors.emplace(prefix + item.key(), item.value());
  for (const auto& item : module.named_buffers())
    tensors.emplace(prefix + item.key(), item.value());
  return tensors;
}

void load_named_tensors(torch::nn::Module& module, const TensorMap& tensors,
                        const std::string& origin) {
  const TensorMap own = named_tensors(module);
  for (const auto& [name, tensor] : tensors)
    if (own.find(name) == own.end())
      throw FormatError(fmt::format("{}: tensor {} has no place in this model", origin, name));
  const torch::NoGradGuard no_grad;
  for (const auto& [name, target] : own) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
      throw FormatError(fmt::format("{}: tensor {} of this model is missing", origin, name));
    if (found->second.sizes() != target.sizes())
      throw FormatError(fmt::format("{}: tensor {} has shape [{}] where this model needs [{}]",
                                    origin, name, fmt::join(found->second.sizes(), ", "),
                                    fmt::join(target.sizes(), ", ")));
    Tensor(target).copy_(found->second);
  }
}

}  // namespace lexome
