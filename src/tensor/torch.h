// The one door to torch's types for everything below the torch line: Tensor, dtypes, autograd
// basics. Version differences live in tensor/compat.h; the torch/torch.h umbrella is never
// included.
#pragma once

#include <torch/types.h>
#include <torch/version.h>

namespace lexome {
using torch::Tensor;
}
