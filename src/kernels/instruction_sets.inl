// Included within namespace lexome by a file that has set LEXOME_KERNELS to a file of kernels
// ending in `kTable`: compiles that file once for every instruction set the compiler can aim at,
// each in a namespace of its own where kVectors names the set, and chooses among the tables by what
// the processor has. Needs kernels/rows.h.
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined

namespace baseline {
namespace {
[[maybe_unused]] constexpr CpuVectors kVectors = CpuVectors::kBaseline;
#include LEXOME_KERNELS
}  // namespace
}  // namespace baseline

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LEXOME_X86_VECTORS 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
namespace {
[[maybe_unused]] constexpr CpuVectors kVectors = CpuVectors::kAvx2;
#include LEXOME_KERNELS
}  // namespace
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
namespace avx512 {
namespace {
[[maybe_unused]] constexpr CpuVectors kVectors = CpuVectors::kAvx512;
#include LEXOME_KERNELS
}  // namespace
}  // namespace avx512
#pragma GCC pop_options
#else
#define LEXOME_X86_VECTORS 0
#endif

namespace {
const auto& chosen_table() {
#if LEXOME_X86_VECTORS
  if (cpu_vectors() == CpuVectors::kAvx512) return avx512::kTable;
  if (cpu_vectors() == CpuVectors::kAvx2) return avx2::kTable;
#endif
  return baseline::kTable;
}
}  // namespace
