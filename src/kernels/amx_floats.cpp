// Products of fp32 numbers on tile registers. Rows of the left operand are cut into their parts
// just before they are needed and stay in the second-level cache while panels stream past.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/amx.h"
#include "kernels/dropout_key.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

namespace lexome {

bool amx_floats_ready() { return amx_ready(); }

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512,avx512bf16,amx-tile,amx-bf16")
namespace {
#include "kernels/amx_float_tiles.inl"

constexpr int64_t kRowsAtOnce = 8;  // pairs of 16-row groups

// Calls body(row, block) for rows [begin, end) and `blocks` blocks of k, in the order in which the
// source lies in memory.
template <class Body>
inline void along_rows(bool by_k, int64_t begin, int64_t end, int64_t blocks, const Body& body) {
  if (by_k) {
    for (int64_t b = 0; b < blocks; ++b)
      for (int64_t row = begin; row < end; ++row) body(row, b);
  } else {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t b = 0; b < blocks; ++b) body(row, b);
  }
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
  const auto cut_block = [&](int64_t panel, int64_t b) {
    for (int64_t t = 0; t < 2; ++t)
      cut(p.right, panel * 32 + t * 16, p.n, b * 32, p.k, true,
          to + (panel * blocks + b) * kBlock + t * kTile);
  };
  along_rows(p.right.by_k, begin, end, blocks, cut_block);
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
      along_rows(p.left.by_k, 0, count, blocks, [&](int64_t r, int64_t b) {
        for (int64_t t = 0; t < 2; ++t)
          cut(p.left, (rows + r) * 32 + t * 16, p.m, k + b * 32, p.k, false,
              left + (r * blocks + b) * kBlock + t * kTile);
      });
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
