// Attention on tile registers: as attention_rows.inl, with bf16 operands packed for AMX. The
// gradients of keys and values are summed transposed, so that the probabilities enter every product
// as rows and nothing large is transposed.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/amx.h"
#include "kernels/attention_rows.h"
#include "kernels/dropout_key.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

namespace lexome {

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma,bmi2,avx512bf16,amx-tile,amx-bf16")
namespace {
constexpr float kNegative = -1e30F;
constexpr int64_t kPanel = 32, kKeys = 32;
constexpr int kBlockRows = 6;
#include "kernels/amx_tiles.inl"
#define LEXOME_VECTORS_INCLUDED
#include "kernels/attention_rows.inl"
#undef LEXOME_VECTORS_INCLUDED

using Halves = std::vector<uint16_t>;
using Operands = HeadOperands<uint16_t>;
inline Halves halves(int64_t count) { return Halves(static_cast<size_t>(count), 0); }

// Heads lie apart in memory, a line or two of each row: rows are asked for before they are read or
// written.
constexpr int64_t kRowsAhead = 24;
inline void ask_for(const uint16_t* row, int64_t head) {
  for (int64_t c = 0; c < head; c += 32) __builtin_prefetch(row + c, 1);
}

// `count` rows of a part with the bias added, as [rows, H] bf16; rows from `count` on become zero.
inline void gather_rows(const Operands& operands, int64_t part, int64_t begin, int64_t count,
                        int64_t rows, uint16_t* to) {
  const int64_t head = operands.a.head;
  for (int64_t i = 0; i < rows; ++i) {
    ask_for(operands.row(part, begin + std::min(i + kRowsAhead, count - 1)), head);
    for (int64_t c = 0; c < head; c += 16)
      store_half(to + i * head + c,
                 i < count ? load(operands.row(part, begin + i) + c) + load(operands.bias(part) + c)
                           : F16{});
  }
}
inline void gather_gradient_rows(const Operands& operands, int64_t begin, int64_t count,
                                 int64_t rows, uint16_t* to) {
  const auto bytes = static_cast<size_t>(operands.a.head) * sizeof *to;
  for (int64_t i = 0; i < rows; ++i, to += operands.a.head) {
    if (i < count) {
      std::memcpy(to, operands.context_row(operands.a.grad_context, begin + i), bytes);
    } else {
      std::memset(to, 0, bytes);
    }
  }
}

// 2^x within 2 units in the last place; 0 far below the least number.
inline F16 power_of_two(F16 x) {
  constexpr __mmask16 kAll = 0xFFFF;  // GCC 12 warns of the forms without a mask
  const auto from = reinterpret_cast<__m512>(x);
  const F16 r = reinterpret_cast<F16>(_mm512_maskz_reduce_ps(kAll, from, _MM_FROUND_TO_NEG_INF));
  F16 p = splat(1.877576578e-3F);  // fits 2^r on [0, 1] with a relative error of 7.5e-8
  p = p * r + 8.989340626e-3F;
  p = p * r + 5.582631752e-2F;
  p = p * r + 2.401536107e-1F;
  p = p * r + 6.931530833e-1F;
  p = p * r + 9.999999404e-1F;
  return reinterpret_cast<F16>(_mm512_maskz_scalef_ps(kAll, reinterpret_cast<__m512>(p), from));
}
constexpr float kLog2E = 1.44269504F;

// One query's scores to its dropped probabilities before they are divided by their sum. Returns the
// log of the sum as a score, i.e. before `scale`, and leaves 1 / sum.
inline float forward_row(const RowDropout& dropout, uint64_t index, float scale, int64_t length,
                         int64_t keys, float* scores, uint16_t* kept, float* inverse) {
  for (int64_t k = length; k < keys; ++k) scores[k] = kNegative;
  F16 most = load(scores);
  for (int64_t k = 16; k < keys; k += 16) most = larger(most, load(scores + k));
  const float top = largest_of(most), unit = scale * kLog2E;
  F16 total{};
  each_key(dropout, index, keys, [&](int64_t k, F16 factor) {
    const F16 e = power_of_two((load(scores + k) - top) * unit);
    store_half(kept + k, e * factor);
    total += e;
  });
  const float sum = sum_of(total);
  *inverse = 1.0F / sum;
  return top + __builtin_logf(sum) / scale;
}

// One query's scores and the gradients of its dropped probabilities to these probabilities (`kept`)
// and the gradients of the scores (`slopes`). Leaves probabilities in `scores`. Differences come
// before `scale`, so that large scores cancel as they did in the forward pass.
inline void backward_row(const RowDropout& dropout, uint64_t index, float log_sum, float scale,
                         int64_t length, int64_t keys, float* scores, const float* grads,
                         uint16_t* kept, uint16_t* slopes) {
  for (int64_t k = length; k < keys; ++k) scores[k] = kNegative;
  const float unit = scale * kLog2E;
  F16 sum{};
  each_key(dropout, index, keys, [&](int64_t k, F16 factor) {
    const F16 p = power_of_two((load(scores + k) - log_sum) * unit);
    store(scores + k, p);
    store_half(kept + k, p * factor);
    sum += p * factor * load(grads + k);
  });
  const float delta = sum_of(sum);
  each_key(dropout, index, keys, [&](int64_t k, F16 factor) {
    store_half(slopes + k, load(scores + k) * (load(grads + k) * factor - delta));
  });
}

// [queries, keys] as a right operand: rows of a query block become pairs within tiles.
inline void weave(const uint16_t* rows, int64_t stride, int64_t keys, uint16_t* packed) {
  constexpr int64_t kBlocks = kQueryBlock / 32;
  for (int64_t pair = 0; pair < kQueryBlock / 2; ++pair, rows += 2 * stride) {
    uint16_t* to = packed + pair / 16 * 2 * kTile + pair % 16 * 32;
    for (int64_t k = 0; k < keys; k += 32, to += kBlocks * 2 * kTile) {
      store_pairs(to, rows + k, rows + stride + k);
      store_pairs(to + kTile, rows + k + 16, rows + stride + k + 16);
    }
  }
}

// A [H, T] matrix as rows of [T, H]; `row` says where a token's begins.
template <class Row>
inline void write_transposed(const float* from, int64_t stride, float factor, int64_t length,
                             int64_t head, const Row& row) {
  for (int64_t first = 0; first < length; first += 16) {
    for (int64_t t = first + 16; t < std::min(first + 32, length); ++t) ask_for(row(t), head);
    for (int64_t c = 0; c < head; c += 16) {
      U16 lines[16];
      for (int64_t j = 0; j < 16; ++j) lines[j] = bits_of(load(from + (c + j) * stride + first));
      transpose_cells(lines);
      for (int64_t t = first; t < std::min(first + 16, length); ++t)
        store_half(row(t) + c, floats_of(lines[t - first]) * factor);
    }
  }
}
}  // namespace

void amx_attention_forward(const AttentionArguments& a, int64_t begin, int64_t end) {
  const TileScope tiles;
  const int64_t most = round_up(a.most_keys, kPanel), head = a.head, stride = most + 16;
  Halves part = halves(most * head), keys_nk = halves(amx_right_size(most, head)),
         values_kn = halves(amx_right_size(head, most));
  Halves queries = halves(kQueryBlock * head), kept = halves(kQueryBlock * most);
  Floats scores = floats(kQueryBlock * stride), out = floats(kQueryBlock * head);
  float inverse[kQueryBlock];
  for (int64_t item = begin; item < end; ++item) {
    const Operands operands(a, item);
    const int64_t keys = operands.keys, length = operands.length, asked = operands.asked;
    gather_rows(operands, 1, 0, length, keys, part.data());
    amx_pack_right_nk(part.data(), head, keys, head, keys_nk.data(), 0, keys / 32);
    gather_rows(operands, 2, 0, length, keys, part.data());
    amx_pack_right_kn(part.data(), head, head, keys, values_kn.data(), 0, head / 32);
    const auto context = [&](int64_t token) {
      return const_cast<uint16_t*>(operands.context_row(a.context, token));
    };
    for (int64_t first = 0; first < asked; first += kQueryBlock) {
      const int64_t count = std::min(kQueryBlock, asked - first), pairs = (count + 31) / 32;
      gather_rows(operands, 0, first, count, kQueryBlock, queries.data());
      multiply_all(amx_rows(queries.data(), head), pairs, keys_nk.data(), keys / 32,
                   amx_blocks(head), scores.data(), stride, false);
      for (int64_t q = 0; q < count; ++q) {
        const auto index = static_cast<uint64_t>(item * a.most_queries + first + q);
        ask_for(context(first + q), head);
        a.log_sums[index] =
            forward_row(a.dropout, index, operands.scale, length, keys, scores.data() + q * stride,
                        kept.data() + q * most, inverse + q);
      }
      multiply_all(amx_rows(kept.data(), most), pairs, values_kn.data(), head / 32,
                   amx_blocks(keys), out.data(), head, false);
      for (int64_t q = 0; q < count; ++q)
        copy_row(out.data() + q * head, inverse[q], head, context(first + q));
    }
    for (int64_t t = asked; t < a.padded; ++t) copy_row<uint16_t>(nullptr, 0.0F, head, context(t));
  }
}

void amx_attention_backward(const AttentionArguments& a, int64_t begin, int64_t end) {
  const TileScope tiles;
  const int64_t most = round_up(a.most_keys, kPanel), head = a.head, stride = most + 16,
                block = kQueryBlock;
  Halves part = halves(most * head);
  Halves keys_nk = halves(amx_right_size(most, head)), values_nk = keys_nk,
         keys_kn = halves(amx_right_size(head, most));
  Halves queries = halves(block * head), grad = queries,
         queries_t = halves(amx_left_size(head, block)), grad_t = queries_t;
  Halves kept_kn = halves(amx_right_size(most, block)), scores_kn = kept_kn,
         scores_rows = halves(block * most), kept_rows = scores_rows;
  Floats scores = floats(block * stride), grads = scores, grad_q = floats(block * head);
  Floats grad_kt = floats(head * stride), grad_vt = grad_kt;
  for (int64_t item = begin; item < end; ++item) {
    const Operands operands(a, item);
    const int64_t keys = operands.keys, length = operands.length, asked = operands.asked,
                  panels = keys / 32;
    gather_rows(operands, 1, 0, length, keys, part.data());
    amx_pack_right_nk(part.data(), head, keys, head, keys_nk.data(), 0, panels);
    amx_pack_right_kn(part.data(), head, head, keys, keys_kn.data(), 0, head / 32);
    gather_rows(operands, 2, 0, length, keys, part.data());
    amx_pack_right_nk(part.data(), head, keys, head, values_nk.data(), 0, panels);
    const auto out = [&](int64_t which, int64_t token) { return operands.grad_row(which, token); };
    for (int64_t first = 0; first < asked; first += block) {
      const int64_t count = std::min(block, asked - first), pairs = block / 32;
      gather_rows(operands, 0, first, count, block, queries.data());
      gather_gradient_rows(operands, first, count, block, grad.data());
      amx_pack_left_km(queries.data(), head, head, block, queries_t.data(), 0, head / 32);
      amx_pack_left_km(grad.data(), head, head, block, grad_t.data(), 0, head / 32);
      multiply_all(amx_rows(queries.data(), head), pairs, keys_nk.data(), panels, amx_blocks(head),
                   scores.data(), stride, false);
      multiply_all(amx_rows(grad.data(), head), pairs, values_nk.data(), panels, amx_blocks(head),
                   grads.data(), stride, false);
      for (int64_t q = 0; q < block; ++q) {
        const auto index = static_cast<uint64_t>(item * a.most_queries + first + q);
        uint16_t *const kept = kept_rows.data() + q * most, *const slopes =
                                                                scores_rows.data() + q * most;
        if (q < count) {
          ask_for(out(0, first + q), head);
          backward_row(a.dropout, index, a.log_sums[index], operands.scale, length, keys,
                       scores.data() + q * stride, grads.data() + q * stride, kept, slopes);
        } else {
          std::fill(kept, kept + keys, uint16_t{0});
          std::fill(slopes, slopes + keys, uint16_t{0});
        }
      }
      weave(kept_rows.data(), most, keys, kept_kn.data());
      weave(scores_rows.data(), most, keys, scores_kn.data());
      const AmxLeft gradients = amx_packed(grad_t.data(), block),
                    questions = amx_packed(queries_t.data(), block);
      multiply_all(gradients, head / 32, kept_kn.data(), panels, block / 32, grad_vt.data(), stride,
                   first > 0);
      multiply_all(questions, head / 32, scores_kn.data(), panels, block / 32, grad_kt.data(),
                   stride, first > 0);
      multiply_all(amx_rows(scores_rows.data(), most), pairs, keys_kn.data(), head / 32,
                   amx_blocks(keys), grad_q.data(), head, false);
      for (int64_t q = 0; q < count; ++q)
        copy_row(grad_q.data() + q * head, operands.scale, head, out(0, first + q));
    }
    if (asked == 0) {
      std::fill(grad_kt.begin(), grad_kt.end(), 0.0F);
      std::fill(grad_vt.begin(), grad_vt.end(), 0.0F);
    }
    write_transposed(grad_kt.data(), stride, operands.scale, length, head,
                     [&](int64_t t) { return out(1, t); });
    write_transposed(grad_vt.data(), stride, 1.0F, length, head,
                     [&](int64_t t) { return out(2, t); });
    for (int64_t t = length; t < a.padded; ++t)
      for (const int64_t which : {0, 1, 2}) copy_row<uint16_t>(nullptr, 0.0F, head, out(which, t));
  }
}

}  // namespace lexome

#else
namespace lexome {
void amx_attention_forward(const AttentionArguments&, int64_t, int64_t) {}
void amx_attention_backward(const AttentionArguments&, int64_t, int64_t) {}
}  // namespace lexome
#endif
