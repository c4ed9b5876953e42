// Matrix products on bfloat16 tile registers (Intel AMX): C = A B with fp32 sums. Operands are cut
// into tiles of 16 rows by 32 bf16; the right operand, and a transposed left one, are packed first.
// No torch types. Call only where amx_ready() is true. Shape letters: M rows of the result, N its
// columns, K the summed dimension.
#pragma once

#include <cstdint>

namespace lexome {

// Built in, and the CPU (which must convert to bf16, too) and the system allow it
// (tensor/device.h).
bool amx_ready();

inline constexpr int64_t kTile = 512;  // bf16 in one tile: 16 rows of 32

// How a packed matrix lies in memory. Right operands come in panels of 32 columns; a panel is a
// list of blocks of 32 k; a block is two tiles of 16 columns, k paired within a row. Left operands
// are groups of 16 rows; a group is a list of tiles. Both are padded with zeros to whole panels,
// groups and blocks.
inline int64_t amx_blocks(int64_t k) { return (k + 31) / 32; }
inline int64_t amx_right_size(int64_t n, int64_t k) {
  return (n + 31) / 32 * amx_blocks(k) * 2 * kTile;
}
inline int64_t amx_left_size(int64_t m, int64_t k) {
  return (m + 31) / 32 * 2 * amx_blocks(k) * kTile;
}

// Packing for panels (or pairs of 16-row groups) [begin, end). Sources are row-major with `stride`
// elements a row, fp32 (rounded to bf16 on the way) or bf16.
// Right operand given as [N, K] rows (a weight in x W') or as [K, N] rows.
void amx_pack_right_nk(const float* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end);
void amx_pack_right_nk(const uint16_t* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end);
void amx_pack_right_kn(const float* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end);
void amx_pack_right_kn(const uint16_t* from, int64_t stride, int64_t n, int64_t k, uint16_t* to,
                       int64_t begin, int64_t end);
// Left operand given as [K, M] rows, i.e. transposed.
void amx_pack_left_km(const uint16_t* from, int64_t stride, int64_t m, int64_t k, uint16_t* to,
                      int64_t begin, int64_t end);

// The left operand: tile (g, b) of row group g and block b starts at data + g * group + b * block
// and has `row` elements between its rows. Groups from an even number `whole` on lie at `rest`.
struct AmxLeft {
  const uint16_t* data = nullptr;
  int64_t group = 0, block = 0, row = 0;
  const uint16_t* rest = nullptr;
  int64_t whole = INT64_MAX;

  const uint16_t* at(int64_t g) const {
    return g < whole ? data + g * group : rest + (g - whole) * group;
  }
};
inline AmxLeft amx_rows(const uint16_t* data, int64_t stride) {
  return {data, 16 * stride, 32, stride};
}
inline AmxLeft amx_packed(const uint16_t* data, int64_t k) {
  return {data, amx_blocks(k) * kTile, kTile, 32};
}

// C[M, N] in fp32 or bf16, for row blocks of 32 [first_rows, last_rows) and panels [first_panel,
// last_panel). A row-major left operand must have whole blocks of 32 rows and of 32 k in
// memory; the last rows may lie apart, filled up with zeros.
struct AmxProduct {
  AmxLeft left;
  const uint16_t* right = nullptr;
  int64_t m = 0, n = 0, k = 0;
  void* out = nullptr;
  int64_t out_stride = 0;
  bool out_bf16 = false;
  bool streamed = false;  // C goes past the caches: for what is larger than they are
};
// Row blocks of 32 that stay in the second-level cache together: what work is best cut into.
inline int64_t amx_rows_at_once(int64_t k) {
  const int64_t rows = (int64_t{1} << 20) / (amx_blocks(k) * 2 * kTile * 2);
  return rows < 4 ? 4 : (rows > 32 ? 32 : rows);
}
void amx_multiply(const AmxProduct& product, int64_t first_rows, int64_t last_rows,
                  int64_t first_panel, int64_t last_panel);

// Products of fp32 numbers on the same registers. Every number is the sum of three bf16, each with
// the next eight of its 24 bits; of the nine products of parts the six that reach the 24th bit are
// summed in fp32, so that errors are those of a product in fp32 (Henry, Tang & Heinecke 2019,
// "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations").
// An infinity gives NaN, and parts below 2^-126 count as zero. Call only where this is true.
bool amx_floats_ready();

// An operand: row-major [rows, K], or [K, rows] where `by_k`.
struct AmxFloats {
  const float* data = nullptr;
  int64_t stride = 0;
  bool by_k = false;
};
// C[M, N] = left right', in fp32.
struct AmxFloatProduct {
  AmxFloats left, right;
  int64_t m = 0, n = 0, k = 0;
  float* out = nullptr;
  int64_t out_stride = 0;
};
inline constexpr int64_t kFloatDepth = 512;  // k that are summed before C is touched
int64_t amx_float_rows_at_once();            // row blocks of 32 that work is best cut into
int64_t amx_float_left_size();               // bf16 that a call of amx_multiply_floats works in
int64_t amx_float_right_size(int64_t n, int64_t k);
// The right operand's panels [begin, end) cut into parts.
void amx_cut_right(const AmxFloatProduct& product, uint16_t* to, int64_t begin, int64_t end);
// C for row blocks of 32 [first_rows, last_rows) and panels of 32 columns [first_panel,
// last_panel). Memory of both operands' parts begins at a multiple of 64 bytes.
void amx_multiply_floats(const AmxFloatProduct& product, const uint16_t* right, uint16_t* left,
                         int64_t first_rows, int64_t last_rows, int64_t first_panel,
                         int64_t last_panel);

// Attention over items [begin, end) of rows x heads (kernels/attention.h); H a multiple of 32.
struct AttentionArguments;
void amx_attention_forward(const AttentionArguments& arguments, int64_t begin, int64_t end);
void amx_attention_backward(const AttentionArguments& arguments, int64_t begin, int64_t end);

}  // namespace lexome
