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

#pragma GCC optimize("no-math-errno")     // lets square roots be vectorised
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined

namespace baseline {
namespace {
constexpr char kName[] = "baseline";
#include "kernels/rows.inl"
}  // namespace
}  // namespace baseline

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LEXOME_X86_ROWS 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
namespace {
constexpr char kName[] = "avx2";
#include "kernels/rows.inl"
}  // namespace
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
namespace avx512 {
namespace {
constexpr char kName[] = "avx512";
#include "kernels/rows.inl"
}  // namespace
}  // namespace avx512
#pragma GCC pop_options
#else
#define LEXOME_X86_ROWS 0
#endif

const RowKernels& baseline_row_kernels() { return baseline::kTable; }

CpuVectors cpu_vectors() {
#if LEXOME_X86_ROWS
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512) return CpuVectors::kAvx512;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  if (avx2) return CpuVectors::kAvx2;
#endif
  return CpuVectors::kBaseline;
}

const RowKernels& row_kernels() {
#if LEXOME_X86_ROWS
  if (cpu_vectors() == CpuVectors::kAvx512) return avx512::kTable;
  if (cpu_vectors() == CpuVectors::kAvx2) return avx2::kTable;
#endif
  return baseline::kTable;
}

}  // namespace lexome
