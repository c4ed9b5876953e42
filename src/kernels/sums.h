// Column sums over rows (gradients of biases and norms): rows are cut into a fixed number of blocks
// whose partial sums are added in order, so the result does not depend on the number of threads.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

#include "tensor/torch.h"

namespace lexome {

// Calls body(begin, end, partial) on blocks of rows, where partial is a zeroed row of `sums`
// floats, and returns the total of the partials.
template <class Body>
Tensor blockwise_sums(int64_t rows, int64_t sums, const Body& body) {
  constexpr int64_t kBlocks = 16;
  const int64_t step = (rows + kBlocks - 1) / kBlocks;
  const Tensor partials = torch::zeros({kBlocks, sums}, torch::kFloat32);
  float* const data = partials.data_ptr<float>();
  at::parallel_for(0, kBlocks, 1, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = std::min(rows, block * step), end = std::min(rows, begin + step);
      if (begin < end) body(begin, end, data + block * sums);
    }
  });
  return partials.sum(0);
}

// What the row kernels take: a contiguous fp32 or bf16 CPU tensor whose rows are whole vectors.
inline bool rows_fit(const Tensor& x) {
  const auto type = x.scalar_type();
  return x.is_cpu() && x.size(-1) % 16 == 0 && x.numel() > 0 &&
         (type == torch::kFloat32 || type == torch::kBFloat16);
}
inline int element_of(const Tensor& x) { return x.scalar_type() == torch::kBFloat16 ? 1 : 0; }
inline char* row_of(const Tensor& x, int64_t row) {
  return static_cast<char*>(x.data_ptr()) +
         row * x.size(-1) * static_cast<int64_t>(x.element_size());
}

}  // namespace lexome
