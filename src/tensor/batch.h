// A Batch as tensors on the model's device: the one crossing from plain memory to tensors.
// Shape letters: B rows, T tokens, N levels.
#pragma once

#include "lexome/batch.h"
#include "tensor/torch.h"

namespace lexome {

struct TensorBatch {
  Tensor ids_BT;      // i64, level 0
  Tensor ids_NBT;     // i64, all levels; undefined with one level
  Tensor labels_BT;   // i64, level 0, -100 where nothing is asked; undefined without labels
  Tensor labels_NBT;  // i64, all levels; undefined with one level or without labels
  Tensor lengths_B;   // i64
  Tensor targets_B;   // i64 classes, or f32 values; undefined in pre-training
  const Batch* plain = nullptr;  // covers, bases, origin; outlives the tensors
};

// Copies. InternalError when the plain batch contradicts itself (sizes of its arrays).
TensorBatch to_tensor(const Batch& batch, const torch::Device& device);

}  // namespace lexome
