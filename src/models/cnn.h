// The one-hot network: three convolutions over the bases themselves, about 0.2 M parameters. It is
// the baseline without a vocabulary and without pre-training that a language model has to beat, and
// is trained by the same loop with the same budget.
#pragma once

#include <cstdint>
#include <memory>

#include "models/model.h"

namespace lexome {

inline constexpr char kCnn[] = "cnn";

struct CnnOptions {
  int64_t width = 128;  // channels of every convolution
  int64_t max_bases = 1'000'000;
};

// Reads the bases of a batch (`TensorBatch::plain`), whatever tokens it holds; N is a column of
// zeros. Its one state a row is the maximum and the mean over the last convolution, so `hidden`
// gives [B, 1, 2 width] and `pooled` takes that state. It has no token head: `loss` and
// `token_logits` throw InternalError. A token counts as a base in `forward_flops`.
std::shared_ptr<Model> make_cnn(const CnnOptions& options, uint64_t seed);

}  // namespace lexome
