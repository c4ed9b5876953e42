// Closing a residual block on raw memory (kernels/branch.h), for ranges of rows
// whose length is a multiple of 16. No torch types.
#pragma once

#include <cstdint>

namespace lexome {

struct BranchArguments {
  const void* product = nullptr;
  const float *bias = nullptr, *scale = nullptr;  // scale may be null
  int64_t columns = 0;
  const float* x = nullptr;  // forward
  float* y = nullptr;
  const float* grad_y = nullptr;  // backward
  void* grad_product = nullptr;
};

// Functions come in pairs: products in fp32, in bfloat16.
struct BranchKernels {
  void (*forward[2])(const BranchArguments& arguments, int64_t begin, int64_t end);
  // Adds to grad_bias and, with a scale, to grad_scale.
  void (*backward[2])(const BranchArguments& arguments, int64_t begin, int64_t end,
                      float* grad_bias, float* grad_scale);
};
const BranchKernels& branch_kernels();  // for this CPU

}  // namespace lexome
