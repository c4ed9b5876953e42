// AMX packing and multiplying. A pair of 16-row groups meets a panel of 32 columns in four
// accumulator tiles; a panel's blocks stay in the first-level cache while row blocks stream past
// it.
#include "kernels/amx.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/dropout_key.h"
#include "tensor/device.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#define LEXOME_AMX 1
#else
#define LEXOME_AMX 0
#endif

namespace lexome {

#if LEXOME_AMX
bool amx_ready() { return cpu_has_amx() && cpu_has_bf16(); }

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,fma,bmi2,avx512bf16,amx-tile,amx-bf16")
namespace {
#include "kernels/amx_tiles.inl"

inline void load_rows(const uint16_t* from, int64_t count, uint16_t* to) {
  std::memcpy(to, from, static_cast<size_t>(count) * sizeof *to);
}
inline void load_rows(const float* from, int64_t count, uint16_t* to) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) store(to + i, load(from + i));
  for (; i < count; ++i) to[i] = static_cast<uint16_t>(rounded_bits(splat(from[i]))[0]);
}

// 16 rows of 32 bf16 become one tile with pairs of k side by side: a transposition of 32-bit cells.
inline void transpose_tile(const uint16_t* rows, uint16_t* tile) {
  U16 lines[16];
  std::memcpy(lines, rows, sizeof lines);
  transpose_cells(lines);
  std::memcpy(tile, lines, sizeof lines);
}

template <class E>
void pack_right_nk(const E* from, int64_t stride, int64_t n, int64_t k, uint16_t* to, int64_t begin,
                   int64_t end) {
  const int64_t blocks = amx_blocks(k);
  for (int64_t p = begin; p < end; ++p) {
    for (int64_t b = 0; b < blocks; ++b) {
      for (int64_t t = 0; t < 2; ++t) {
        uint16_t rows[kTile] = {};
        const int64_t depth = std::min<int64_t>(32, k - b * 32);
        for (int64_t r = 0; r < 16; ++r) {
          const int64_t row = p * 32 + t * 16 + r;
          if (row < n) load_rows(from + row * stride + b * 32, depth, rows + r * 32);
        }
        transpose_tile(rows, to + ((p * blocks + b) * 2 + t) * kTile);
      }
    }
  }
}

template <class E>
void pack_right_kn(const E* from, int64_t stride, int64_t n, int64_t k, uint16_t* to, int64_t begin,
                   int64_t end) {
  const int64_t blocks = amx_blocks(k);
  for (int64_t p = begin; p < end; ++p) {
    const int64_t width = std::min<int64_t>(32, n - p * 32);
    for (int64_t b = 0; b < blocks; ++b) {
      uint16_t* const block = to + (p * blocks + b) * 2 * kTile;
      const bool whole = width == 32 && b * 32 + 32 <= k;
      for (int64_t i = 0; i < 16; ++i) {
        uint16_t even[32] = {}, odd[32] = {};
        const int64_t row = b * 32 + 2 * i;
        const E* const first = from + row * stride + p * 32;
        if (whole) {
          load_rows(first, 32, even);  // a size known at compile time costs no call
          load_rows(first + stride, 32, odd);
        } else {
          if (row < k) load_rows(first, width, even);
          if (row + 1 < k) load_rows(first + stride, width, odd);
        }
        for (int t = 0; t < 2; ++t)
          store_pairs(block + t * kTile + i * 32, even + 16 * t, odd + 16 * t);
      }
    }
  }
}
}  // namespace

void amx_pack_right_nk(const float* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end) {
  pack_right_nk(from, stride, n, k, to, begin, end);
}
void amx_pack_right_nk(const uint16_t* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end) {
  pack_right_nk(from, stride, n, k, to, begin, end);
}
void amx_pack_right_kn(const float* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end) {
  pack_right_kn(from, stride, n, k, to, begin, end);
}
void amx_pack_right_kn(const uint16_t* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end) {
  pack_right_kn(from, stride, n, k, to, begin, end);
}

void amx_pack_left_km(const uint16_t* from, int64_t stride, int64_t m, int64_t k, uint16_t* to,
                      int64_t begin, int64_t end) {
  const int64_t blocks = amx_blocks(k);
  for (int64_t b = 0; b < blocks; ++b) {  // outermost, so that the source is read along its rows
    for (int64_t g = 2 * begin; g < 2 * end; ++g) {
      const int64_t height = std::clamp<int64_t>(m - g * 16, 0, 16);
      uint16_t pairs[kTile];
      const bool whole = height == 16 && b * 32 + 32 <= k;
      for (int64_t i = 0; i < 16; ++i) {
        uint16_t even[16] = {}, odd[16] = {};
        const int64_t row = b * 32 + 2 * i;
        const uint16_t* const first = from + row * stride + g * 16;
        if (whole) {
          store_pairs(pairs + i * 32, first, first + stride);
          continue;
        }
        if (row < k) load_rows(first, height, even);
        if (row + 1 < k) load_rows(first + stride, height, odd);
        store_pairs(pairs + i * 32, even, odd);
      }
      transpose_tile(pairs, to + (g * blocks + b) * kTile);
    }
  }
}

void amx_multiply(const AmxProduct& p, int64_t first_rows, int64_t last_rows, int64_t first_panel,
                  int64_t last_panel) {
  const TileScope tiles;
  multiply_blocks(
      p.left, p.right, p.k, first_rows, last_rows, first_panel, last_panel,
      [&p](int64_t row, int64_t column, const float* sums) { write_sums(p, row, column, sums); });
  _mm_sfence();  // before other threads are told that C is there
}
#pragma GCC pop_options

#else
bool amx_ready() { return false; }
void amx_pack_right_nk(const float*, int64_t, int64_t, int64_t, uint16_t*, int64_t, int64_t) {}
void amx_pack_right_nk(const uint16_t*, int64_t, int64_t, int64_t, uint16_t*, int64_t, int64_t) {}
void amx_pack_right_kn(const float*, int64_t, int64_t, int64_t, uint16_t*, int64_t, int64_t) {}
void amx_pack_right_kn(const uint16_t*, int64_t, int64_t, int64_t, uint16_t*, int64_t, int64_t) {}
void amx_pack_left_km(const uint16_t*, int64_t, int64_t, int64_t, uint16_t*, int64_t, int64_t) {}
void amx_multiply(const AmxProduct&, int64_t, int64_t, int64_t, int64_t) {}
#endif

}  // namespace lexome
