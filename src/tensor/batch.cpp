// Copies of a plain batch as tensors, with the checks that keep a wrong size from reading stray
// memory.
#include "tensor/batch.h"

#include <fmt/format.h>

#include "lexome/error.h"

namespace lexome {
namespace {

Tensor copy_of(const std::vector<int32_t>& values, torch::IntArrayRef shape, const char* what,
               const torch::Device& device) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  if (static_cast<int64_t>(values.size()) != count)
    throw InternalError(
        fmt::format("batch holds {} {} where its shape asks for {}", values.size(), what, count));
  const Tensor view = torch::from_blob(const_cast<int32_t*>(values.data()), shape, torch::kInt32);
  return view.to(torch::kInt64).to(device);
}

}  // namespace

TensorBatch to_tensor(const Batch& batch, const torch::Device& device) {
  TensorBatch out;
  out.plain = &batch;
  const int64_t levels = batch.levels, rows = batch.rows, tokens = batch.tokens;
  out.lengths_B = copy_of(batch.lengths, {rows}, "lengths", device);
  if (!batch.ids.empty() && levels > 0) {
    const Tensor ids_NBT = copy_of(batch.ids, {levels, rows, tokens}, "ids", device);
    out.ids_BT = ids_NBT.select(0, 0);
    if (levels > 1) out.ids_NBT = ids_NBT;
  }
  if (!batch.labels.empty() && levels > 0) {
    const Tensor labels_NBT = copy_of(batch.labels, {levels, rows, tokens}, "labels", device);
    out.labels_BT = labels_NBT.select(0, 0);
    if (levels > 1) out.labels_NBT = labels_NBT;
  }
  if (!batch.targets.empty()) {
    out.targets_B = copy_of(batch.targets, {rows}, "class labels", device);
  } else if (!batch.values.empty()) {
    if (static_cast<int64_t>(batch.values.size()) != rows)
      throw InternalError("batch holds a wrong number of regression targets");
    out.targets_B =
        torch::from_blob(const_cast<float*>(batch.values.data()), {rows}, torch::kFloat32)
            .clone()
            .to(device);
  }
  return out;
}

}  // namespace lexome
