// The row kernels for each instruction set and the choice between them.
#include "kernels/rows.h"

#include <cstddef>
#include <vector>

#include "kernels/dropout_key.h"

namespace lexome {
namespace {
inline DropoutRow row_key(const RowDropout& dropout, uint64_t row) {
  return dropout_row_key(dropout.seed, dropout.step, dropout.site, row);
}
}  // namespace

#pragma GCC optimize("no-math-errno")  // lets square roots be vectorised
#define LEXOME_KERNELS "kernels/rows.inl"
#include "kernels/instruction_sets.inl"

const RowKernels& baseline_row_kernels() { return baseline::kTable; }

CpuVectors cpu_vectors() {
#if LEXOME_X86_VECTORS
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512) return CpuVectors::kAvx512;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  if (avx2) return CpuVectors::kAvx2;
#endif
  return CpuVectors::kBaseline;
}

const RowKernels& row_kernels() { return chosen_table(); }

}  // namespace lexome
