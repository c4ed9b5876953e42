// The attention kernels for each instruction set and the choice between them.
#include "kernels/attention_rows.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/dropout_key.h"

namespace lexome {
namespace {
constexpr float kNegative = -1e30F;  // the score of a key that is not there: its exponential is 0
}  // namespace

#pragma GCC optimize("no-math-errno")
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined

namespace baseline {
namespace {
constexpr int64_t kPanel = 16;
constexpr int kBlockRows = 2;
#include "kernels/attention_rows.inl"
const AttentionKernels kTable = {{attention_forward<float>, attention_forward<uint16_t>},
                                 {attention_backward<float>, attention_backward<uint16_t>}};
}  // namespace
}  // namespace baseline

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LEXOME_X86_ATTENTION 1
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
namespace {
constexpr int64_t kPanel = 16;
constexpr int kBlockRows = 6;
#include "kernels/attention_rows.inl"
const AttentionKernels kTable = {{attention_forward<float>, attention_forward<uint16_t>},
                                 {attention_backward<float>, attention_backward<uint16_t>}};
}  // namespace
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
namespace avx512 {
namespace {
constexpr int64_t kPanel = 64;
constexpr int kBlockRows = 6;
#include "kernels/attention_rows.inl"
const AttentionKernels kTable = {{attention_forward<float>, attention_forward<uint16_t>},
                                 {attention_backward<float>, attention_backward<uint16_t>}};
}  // namespace
}  // namespace avx512
#pragma GCC pop_options
#else
#define LEXOME_X86_ATTENTION 0
#endif

const AttentionKernels& baseline_attention_kernels() { return baseline::kTable; }

const AttentionKernels& attention_kernels() {
#if LEXOME_X86_ATTENTION
  if (cpu_vectors() == CpuVectors::kAvx512) return avx512::kTable;
  if (cpu_vectors() == CpuVectors::kAvx2) return avx2::kTable;
#endif
  return baseline::kTable;
}

}  // namespace lexome
