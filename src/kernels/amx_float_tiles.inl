// Tiles of fp32 numbers: cut into three bf16 parts, and multiplied part by part (kernels/amx.h).
// Included inside a namespace compiled for CPUs with tile registers and bf16 vectors.
#include "kernels/amx_tiles.inl"

constexpr int64_t kParts = 3, kBlock = 2 * kParts * kTile;  // both tiles of a block, part by part

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

// Numbers to ask for while those before them in their row are cut.
constexpr int64_t kNumbersAhead = 128;

// 16 rows (`count` of them there) by 32 k (`depth` of them there), one line of 32 k a row.
inline void lines_by_row(const float* from, int64_t stride, int64_t count, int64_t depth,
                         U16 (*lines)[16]) {
  for (int64_t r = 0; r < 16; ++r, from += stride) {
    const int64_t there = r < count ? depth : 0;
    __builtin_prefetch(from + kNumbersAhead);
    __builtin_prefetch(from + kNumbersAhead + 16);
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
// second with first and second, third with first. Of two parts: those that reach the 16th.
template <int64_t kOfParts = kParts>
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
    if constexpr (kOfParts == kParts) {
      columns(0), rows(2), multiply();
      rows(0), multiply();
      rows(1), multiply();
      columns(1), multiply();
      rows(0), multiply();
      columns(2), multiply();
    } else {
      columns(0), rows(1), multiply();
      rows(0), multiply();
      columns(1), multiply();
    }
    for (int64_t i = 0; i < ahead.lines; ++i, ahead.from += 32)
      __builtin_prefetch(ahead.from, 0, 2);
  }
  _tile_stored(0, c, 128);
  _tile_stored(1, c + 16, 128);
  _tile_stored(2, c + 512, 128);
  _tile_stored(3, c + 528, 128);
}
