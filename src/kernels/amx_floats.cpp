// Products of fp32 numbers on tile registers. Rows of the left operand are cut into their parts
// just before they are needed and stay in the second-level cache while panels stream past.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/amx.h"
#include "kernels/dropout_key.h"
#include "tensor/device.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

namespace lexome {

bool amx_floats_ready() { return amx_ready() && cpu_has_bf16(); }

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512,avx512bf16,amx-tile,amx-bf16")
namespace {
#include "kernels/amx_tiles.inl"

constexpr int64_t kParts = 3, kBlock = 2 * kParts * kTile;  // both tiles of a block, part by part
constexpr int64_t kRowsAtOnce = 8;                          // pairs of 16-row groups

// 32 numbers as three lines of bf16 whose sums they are: what is left after rounding is rounded in
// turn, and the third time nothing is left.
struct Parts {
  U16 line[kParts];
};
inline Parts parts_of(F16 low, F16 high) {
  Parts parts;
  for (U16& line : parts.line) {
    line = reinterpret_cast<U16>(
        _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low)));
    uint16_t half[32];
    std::memcpy(half, &line, sizeof half);
    low -= load(half);
    high -= load(half + 16);
  }
  return parts;
}

// Up to 16 numbers, zeros behind them.
inline F16 load_some(const float* from, int64_t count) {
  const auto mask =
      static_cast<__mmask16>(count >= 16 ? 0xFFFF : (1 << std::max<int64_t>(0, count)) - 1);
  return reinterpret_cast<F16>(_mm512_maskz_loadu_ps(mask, from));
}

// 16 rows (`count` of them there) by 32 k (`depth` of them there), one line of 32 k a row.
inline void lines_by_row(const float* from, int64_t stride, int64_t count, int64_t depth,
                         U16 (*lines)[16]) {
  for (int64_t r = 0; r < 16; ++r, from += stride) {
    const int64_t there = r < count ? depth : 0;
    const Parts parts = parts_of(load_some(from, there), load_some(from + 16, there - 16));
    for (int64_t i = 0; i < kParts; ++i) lines[i][r] = parts.line[i];
  }
}
// The same of numbers that lie k by k: one line of 16 pairs for every two k.
inline void lines_by_k(const float* from, int64_t stride, int64_t count, int64_t depth,
                       U16 (*lines)[16]) {
  const __m512i weave = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (int64_t k = 0; k < 16; ++k, from += 2 * stride) {
    const F16 even = load_some(from, 2 * k < depth ? count : 0),
              odd = load_some(from + stride, 2 * k + 1 < depth ? count : 0);
    const Parts parts = parts_of(even, odd);
    for (int64_t i = 0; i < kParts; ++i)
      lines[i][k] = reinterpret_cast<U16>(
          _mm512_permutexvar_epi16(weave, reinterpret_cast<__m512i>(parts.line[i])));
  }
}

// One tile of each part: of 16 rows (or columns) from `row` on, of 32 k from `k` on. Tiles of the
// left operand hold rows, those of the right one pairs of k.
inline void cut(const AmxFloats& x, int64_t row, int64_t rows, int64_t k, int64_t depth, bool pairs,
                uint16_t* to) {
  U16 lines[kParts][16];
  const int64_t count = std::clamp<int64_t>(rows - row, 0, 16),
                there = std::min<int64_t>(32, depth - k);
  if (x.by_k) {
    lines_by_k(x.data + k * x.stride + row, x.stride, count, there, lines);
  } else {
    lines_by_row(x.data + row * x.stride + k, x.stride, count, there, lines);
  }
  for (int64_t i = 0; i < kParts; ++i) {
    if (x.by_k != pairs) transpose_cells(lines[i]);
    std::memcpy(to + i * 2 * kTile, lines[i], sizeof lines[i]);
  }
}

// C[32, 32] = the products of parts that reach the 24th bit: first with first, second and third,
// second with first and second, third with first.
inline void multiply_parts(const uint16_t* left, const uint16_t* right, int64_t blocks, float* c,
                           Ahead ahead) {
  const auto rows = [&](int64_t part) {
    _tile_loadd(4, left + part * 2 * kTile, 64);
    _tile_loadd(5, left + part * 2 * kTile + kTile, 64);
  };
  const auto columns = [&](int64_t part) {
    _tile_loadd(6, right + part * 2 * kTile, 64);
    _tile_loadd(7, right + part * 2 * kTile + kTile, 64);
  };
  const auto multiply = [] {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  };
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t b = 0; b < blocks; ++b, left += kBlock, right += kBlock) {
    columns(0), rows(2), multiply();
    rows(0), multiply();
    rows(1), multiply();
    columns(1), multiply();
    rows(0), multiply();
    columns(2), multiply();
    for (int64_t i = 0; i < ahead.lines; ++i, ahead.from += 32)
      __builtin_prefetch(ahead.from, 0, 2);
  }
  _tile_stored(0, c, 128);
  _tile_stored(1, c + 16, 128);
  _tile_stored(2, c + 512, 128);
  _tile_stored(3, c + 528, 128);
}

// A block of sums to its place, or on top of what is there. Finished lines go past the caches,
// which need not read them first then.
inline void put(const AmxFloatProduct& p, int64_t row, int64_t column, const float* sums,
                bool add) {
  const int64_t rows = std::min<int64_t>(32, p.m - row), columns = p.n - column;
  for (int64_t r = 0; r < rows; ++r) {
    float* const to = p.out + (row + r) * p.out_stride + column;
    for (int64_t half = 0; half < 32 && half < columns; half += 16) {
      F16 sum = load(sums + r * 32 + half);
      if (add) sum += load_some(to + half, columns - half);
      if (columns - half < 16) {
        std::memcpy(to + half, &sum, static_cast<size_t>(columns - half) * sizeof(float));
      } else if (p.k <= kFloatDepth && reinterpret_cast<uintptr_t>(to + half) % 64 == 0) {
        _mm512_stream_ps(to + half, reinterpret_cast<__m512>(sum));
      } else {
        store(to + half, sum);
      }
    }
  }
}
}  // namespace

int64_t amx_float_rows_at_once() { return kRowsAtOnce; }
int64_t amx_float_left_size() { return kRowsAtOnce * amx_blocks(kFloatDepth) * kBlock; }
int64_t amx_float_right_size(int64_t n, int64_t k) {
  return (n + 31) / 32 * amx_blocks(k) * kBlock;
}

void amx_cut_right(const AmxFloatProduct& p, uint16_t* to, int64_t begin, int64_t end) {
  const int64_t blocks = amx_blocks(p.k);
  for (int64_t panel = begin; panel < end; ++panel)
    for (int64_t b = 0; b < blocks; ++b)
      for (int64_t t = 0; t < 2; ++t)
        cut(p.right, panel * 32 + t * 16, p.n, b * 32, p.k, true,
            to + (panel * blocks + b) * kBlock + t * kTile);
}

void amx_multiply_floats(const AmxFloatProduct& p, const uint16_t* right, uint16_t* left,
                         int64_t first_rows, int64_t last_rows, int64_t first_panel,
                         int64_t last_panel) {
  const TileScope tiles;
  const int64_t all_blocks = amx_blocks(p.k);
  alignas(64) float sums[1024];
  for (int64_t rows = first_rows; rows < last_rows; rows += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, last_rows - rows);
    const int64_t lines = (96 + count - 1) / count;  // of the next panel, a block of this one
    for (int64_t k = 0; k < p.k; k += kFloatDepth) {
      const int64_t blocks = std::min(all_blocks - k / 32, amx_blocks(kFloatDepth));
      for (int64_t r = 0; r < count; ++r)
        for (int64_t b = 0; b < blocks; ++b)
          for (int64_t t = 0; t < 2; ++t)
            cut(p.left, (rows + r) * 32 + t * 16, p.m, k + b * 32, p.k, false,
                left + (r * blocks + b) * kBlock + t * kTile);
      for (int64_t panel = first_panel; panel < last_panel; ++panel) {
        const uint16_t* const from = right + (panel * all_blocks + k / 32) * kBlock;
        const bool last = panel + 1 == last_panel;
        for (int64_t r = 0; r < count; ++r) {
          const Ahead ahead = {from + all_blocks * kBlock + r * blocks * lines * 32,
                               last ? 0 : lines};
          multiply_parts(left + r * blocks * kBlock, from, blocks, sums, ahead);
          put(p, (rows + r) * 32, panel * 32, sums, k > 0);
        }
      }
    }
  }
  _mm_sfence();  // before other threads are told that C is there
}

}  // namespace lexome

#else
namespace lexome {
bool amx_floats_ready() { return false; }
int64_t amx_float_rows_at_once() { return 1; }
int64_t amx_float_left_size() { return 0; }
int64_t amx_float_right_size(int64_t, int64_t) { return 0; }
void amx_cut_right(const AmxFloatProduct&, uint16_t*, int64_t, int64_t) {}
void amx_multiply_floats(const AmxFloatProduct&, const uint16_t*, uint16_t*, int64_t, int64_t,
                         int64_t, int64_t) {}
}  // namespace lexome
#endif
