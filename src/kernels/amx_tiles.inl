// Tile registers: the inner step that products and attention share. Included inside a namespace
// compiled for CPUs that have them.
#include "kernels/vectors.inl"

// As store(), by the CPU's own conversion, which takes numbers below 2^-126 for zero.
inline void store_half(uint16_t* to, F16 x) {
  const __m256bh half = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(x));
  __builtin_memcpy(to, &half, sizeof half);
}

// Tile registers are set up while this lives: eight tiles of 16 rows of 64 bytes.
class TileScope {
 public:
  TileScope() {
    struct alignas(64) Config {
      uint8_t palette = 1, start = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {};
      uint8_t rows[16] = {};
    } config;
    for (int i = 0; i < 8; ++i) {
      config.row_bytes[i] = 64;
      config.rows[i] = 16;
    }
    _tile_loadconfig(&config);
  }
  ~TileScope() { _tile_release(); }
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
};

// Two bf16 rows woven together: pairs of k within a tile's row.
inline void store_pairs(uint16_t* to, const uint16_t* even, const uint16_t* odd) {
  H16 a, b;
  __builtin_memcpy(&a, even, sizeof a);
  __builtin_memcpy(&b, odd, sizeof b);
  const U16 pairs = __builtin_convertvector(a, U16) | (__builtin_convertvector(b, U16) << 16);
  __builtin_memcpy(to, &pairs, sizeof pairs);
}

// 16 lines of 16 cells of 32 bits, transposed: blocks of 1, 2, 4 and 8 cells change places.
template <int kSide>
inline void swap_blocks(U16* lines) {
  const U16 cell = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const U16 upper = (cell & kSide) != 0;  // all bits set where true
  const U16 first = cell + (upper & (16 - kSide)), second = cell + kSide + (upper & (16 - kSide));
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    if ((i & kSide) != 0) continue;
    const U16 a = lines[i], b = lines[i + kSide];
    lines[i] = __builtin_shuffle(a, b, first);
    lines[i + kSide] = __builtin_shuffle(a, b, second);
  }
}
inline void transpose_cells(U16* lines) {
  swap_blocks<1>(lines);
  swap_blocks<2>(lines);
  swap_blocks<4>(lines);
  swap_blocks<8>(lines);
}

// Memory to ask for while tiles are multiplied: `lines` cache lines a block, into the second level.
struct Ahead {
  const uint16_t* from = nullptr;
  int64_t lines = 0;
};

// C[32, 32] (+)= row groups (group, group + 1) times one panel of `blocks` blocks.
inline void multiply_tiles(const AmxLeft& left, int64_t group, const uint16_t* right,
                           int64_t blocks, float* c, int64_t c_stride, bool add, Ahead ahead = {}) {
  const auto stride = static_cast<size_t>(c_stride) * sizeof(float);
  float* const lower = c + 16 * c_stride;
  if (add) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + 16, stride);
    _tile_loadd(2, lower, stride);
    _tile_loadd(3, lower + 16, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const uint16_t* top = left.at(group);
  const auto row = static_cast<size_t>(left.row) * sizeof(uint16_t);
  for (int64_t b = 0; b < blocks; ++b, top += left.block, right += 2 * kTile) {
    _tile_loadd(4, top, row);
    _tile_loadd(6, right, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right + kTile, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, top + left.group, row);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    for (int64_t i = 0; i < ahead.lines; ++i, ahead.from += 32)
      __builtin_prefetch(ahead.from, 0, 2);
  }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + 16, stride);
  _tile_stored(2, lower, stride);
  _tile_stored(3, lower + 16, stride);
}

// C[32 row_pairs, 32 panels] (+)= left times all panels of right, fp32, on the calling thread.
inline void multiply_all(const AmxLeft& left, int64_t row_pairs, const uint16_t* right,
                         int64_t panels, int64_t blocks, float* c, int64_t c_stride, bool add) {
  for (int64_t p = 0; p < panels; ++p)
    for (int64_t r = 0; r < row_pairs; ++r)
      multiply_tiles(left, 2 * r, right + p * blocks * 2 * kTile, blocks,
                     c + r * 32 * c_stride + p * 32, c_stride, add);
}

// Left times panels [first_panel, last_panel) of right for row pairs [first_rows, last_rows), in
// the order that keeps rows and a panel in the caches; write(row, column, sums) gets every finished
// 32 x 32 block.
template <class Write>
inline void multiply_blocks(const AmxLeft& left, const uint16_t* right, int64_t k,
                            int64_t first_rows, int64_t last_rows, int64_t first_panel,
                            int64_t last_panel, const Write& write) {
  const int64_t blocks = amx_blocks(k), panel_size = blocks * 2 * kTile,
                at_once = amx_rows_at_once(k);
  alignas(64) float sums[1024];
  for (int64_t rows = first_rows; rows < last_rows; rows += at_once) {
    const int64_t count = std::min(at_once, last_rows - rows);
    const int64_t lines = (32 + count - 1) / count;  // of the next panel, a block of this one
    for (int64_t panel = first_panel; panel < last_panel; ++panel) {
      const uint16_t* const columns = right + panel * panel_size;
      const bool last = panel + 1 == last_panel;
      for (int64_t r = 0; r < count; ++r) {
        const Ahead ahead = {columns + panel_size + r * blocks * lines * 32, last ? 0 : lines};
        multiply_tiles(left, 2 * (rows + r), columns, blocks, sums, 32, false, ahead);
        write((rows + r) * 32, panel * 32, sums);
      }
    }
  }
}

// 32 sums to bf16 or fp32 at `to`; whole lines may go past the caches, which need not read them
// first then.
inline void write_line(const float* sums, bool bf16, bool streamed, char* to) {
  const F16 low = load(sums), high = load(sums + 16);
  __m512i lines[2] = {reinterpret_cast<__m512i>(low), reinterpret_cast<__m512i>(high)};
  if (bf16)
    lines[0] = reinterpret_cast<__m512i>(
        _mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low)));
  for (int64_t i = 0; i < (bf16 ? 1 : 2); ++i, to += 64) {
    if (streamed && reinterpret_cast<uintptr_t>(to) % 64 == 0) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(to), lines[i]);
    } else {
      _mm512_storeu_si512(to, lines[i]);
    }
  }
}

// A finished 32 x 32 block to its place, cut at the edges of C.
inline void write_sums(const AmxProduct& p, int64_t row, int64_t column, const float* sums) {
  const int64_t rows = std::min<int64_t>(32, p.m - row),
                columns = std::min<int64_t>(32, p.n - column);
  const size_t size = p.out_bf16 ? sizeof(uint16_t) : sizeof(float);
  for (int64_t r = 0; r < rows; ++r, sums += 32) {
    char* const to =
        static_cast<char*>(p.out) + static_cast<size_t>((row + r) * p.out_stride + column) * size;
    alignas(64) char edge[128];
    write_line(sums, p.out_bf16, p.streamed && columns == 32, columns == 32 ? to : edge);
    if (columns < 32) std::memcpy(to, edge, static_cast<size_t>(columns) * size);
  }
}
