// Attention on raw memory: what the CPU kernels share. One item is one head of one row; every item
// is independent, so items are what threads divide. Queries are taken in blocks, so that scores
// never leave the cache and nothing of size T x T is stored; the backward pass works the
// probabilities out again from the stored log-sums (Dao et al. 2022, FlashAttention). No torch
// types.
#pragma once

#include <cstdint>

#include "kernels/rows.h"

namespace lexome {

struct AttentionArguments {
  const void* qkv = nullptr;                          // [B * T, 3D]
  const float* bias = nullptr;                        // [3D]
  const int64_t* lengths = nullptr;                   // [B]
  int64_t rows = 0, tokens = 0, heads = 0, head = 0;  // B, T, N, H
  RowDropout dropout;
  float* log_sums = nullptr;           // [B * N * T]; written forward, read backward
  void* context = nullptr;             // [B * T, D]; forward
  const void* grad_context = nullptr;  // backward
  void* grad_qkv = nullptr;            // [B * T, 3D]; backward
};

inline constexpr int64_t kQueryBlock = 64;

// [0] fp32 elements, [1] bfloat16 elements; arithmetic is fp32. H a multiple of 16.
struct AttentionKernels {
  void (*forward[2])(const AttentionArguments& arguments, int64_t begin, int64_t end);
  void (*backward[2])(const AttentionArguments& arguments, int64_t begin, int64_t end);
};
const AttentionKernels& attention_kernels();
const AttentionKernels& baseline_attention_kernels();

}  // namespace lexome
