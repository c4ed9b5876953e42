// Row kernels: elementwise work fused around the matrix products, for ranges of rows, on raw
// memory. One source (rows.inl) is compiled for several instruction sets; row_kernels() picks the
// best this CPU has. Rows are contiguous and their length is a multiple of 16. Elements are fp32 or
// bfloat16; all arithmetic is fp32. No torch types here, so that the file compiles fast.
#pragma once

#include <cstdint>

namespace lexome {

// A dropout mask as rows need it (kernels/dropout.h): threshold 0 means none.
struct RowDropout {
  uint64_t seed = 0, step = 0;
  uint32_t site = 0, threshold = 0;
  float scale = 1.0F;
};

// y = LayerNorm(residual + dropout(x + bias)); x and bias may be null (then only the residual is
// normed).
struct NormArguments {
  const void* x = nullptr;
  const float* bias = nullptr;
  const void* residual = nullptr;
  const float *gamma = nullptr, *beta = nullptr;
  float eps = 0;
  RowDropout dropout;
  int64_t columns = 0;
  float* statistics =
      nullptr;  // [rows, 2]: mean and 1 / standard deviation; written, then read back
  // forward
  void* y = nullptr;
  // backward
  const void* grad_y = nullptr;
  void *grad_x = nullptr, *grad_residual = nullptr;  // grad_x may be null when x is
};

struct AdamWArguments {
  float *parameter = nullptr, *first = nullptr, *second = nullptr;
  const float* gradient = nullptr;
  float lr = 0, beta1 = 0, beta2 = 0, eps = 0, decay = 0;  // decay: lr * weight_decay
  float grad_scale = 1, correction1 = 1, correction2 = 1;  // 1 / (1 - beta^step)
};

// Functions come in pairs: [0] fp32 elements, [1] bfloat16 elements.
struct RowKernels {
  const char* name;
  void (*gelu_forward[2])(const void* x, const float* bias, void* y, int64_t rows, int64_t columns);
  // Adds the columns' sums of the bias gradient to grad_bias.
  void (*gelu_backward[2])(const void* x, const float* bias, const void* grad_y, void* grad_x,
                           float* grad_bias, int64_t rows, int64_t columns);
  void (*norm_forward[2])(const NormArguments& arguments, int64_t begin, int64_t end);
  // Adds to grad_bias, grad_gamma and grad_beta (grad_bias may be null when x is).
  void (*norm_backward[2])(const NormArguments& arguments, int64_t begin, int64_t end,
                           float* grad_bias, float* grad_gamma, float* grad_beta);
  void (*column_sums[2])(const void* x, float* sums, int64_t rows,
                         int64_t columns);                                     // adds to sums
  void (*adamw)(const AdamWArguments& arguments, int64_t begin, int64_t end);  // any range
};

enum class CpuVectors { kBaseline, kAvx2, kAvx512 };
CpuVectors cpu_vectors();

const RowKernels& row_kernels();           // the best for this CPU
const RowKernels& baseline_row_kernels();  // what every CPU runs; for tests

}  // namespace lexome
