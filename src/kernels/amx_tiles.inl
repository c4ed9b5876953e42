// Tile registers: the inner step that products and attention share. Included inside a namespace
// compiled for CPUs that have them.
#include "kernels/vectors.inl"

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

// C[32, 32] (+)= row groups (group, group + 1) times one panel, over blocks [begin, end).
inline void multiply_tiles(const AmxLeft& left, int64_t group, const uint16_t* right, int64_t begin,
                           int64_t end, float* c, int64_t c_stride, bool add) {
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
  const uint16_t* top = left.data + group * left.group + begin * left.block;
  const auto row = static_cast<size_t>(left.row) * sizeof(uint16_t);
  for (int64_t b = begin; b < end; ++b, top += left.block) {
    _tile_loadd(4, top, row);
    _tile_loadd(6, right + b * 2 * kTile, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right + b * 2 * kTile + kTile, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, top + left.group, row);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
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
      multiply_tiles(left, 2 * r, right + p * blocks * 2 * kTile, 0, blocks,
                     c + r * 32 * c_stride + p * 32, c_stride, add);
}

// A finished 32 x 32 block to its place, cut at the edges of C.
inline void write_sums(const AmxProduct& p, int64_t row, int64_t column, const float* sums) {
  const int64_t rows = std::min<int64_t>(32, p.m - row),
                columns = std::min<int64_t>(32, p.n - column);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = (row + r) * p.out_stride + column;
    const F16 low = load(sums + r * 32), high = load(sums + r * 32 + 16);
    if (p.out_bf16) {
      alignas(64) uint16_t line[32];
      store(line, low);
      store(line + 16, high);
      std::memcpy(static_cast<uint16_t*>(p.out) + at, line,
                  static_cast<size_t>(columns) * sizeof *line);
    } else {
      std::memcpy(static_cast<float*>(p.out) + at, sums + r * 32,
                  static_cast<size_t>(columns) * sizeof(float));
    }
  }
}
