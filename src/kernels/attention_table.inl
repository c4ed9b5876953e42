// One instruction set's attention kernels: attention_rows.inl with its blocking, and their table.
constexpr int64_t kPanel = kVectors == CpuVectors::kAvx512 ? 64 : 16;
constexpr int64_t kKeys = 16;
constexpr int kBlockRows = kVectors == CpuVectors::kBaseline ? 2 : 6;
#include "kernels/attention_rows.inl"

const AttentionKernels kTable = {{attention_forward<float>, attention_forward<uint16_t>},
                                 {attention_backward<float>, attention_backward<uint16_t>}};
