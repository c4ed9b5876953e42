// The nearest code on tile registers. Products of rows and codes, each number cut into three bf16
// parts (kernels/amx.h), give scores t that differ from the reference's scores s by at most
// `slack`. A row whose least t lies more than two slacks below all others has its answer; the other
// rows are searched again without tiles, so that every answer is the reference's. With all three
// parts t is as good as any sum in fp32; two parts screen with 16 bits, in half the products. With
// u = 2^-24, S = sum_d |z_d e_d| <= |z| |e| and to first order:
//   products of parts left out                             3 u S; with two parts 3 2^-16 S
//   those summed: 32 an instruction, up to 6 instructions for 32 k   (6 ceil(D/32) + 32) u S
//   the reference's sum: D/16 multiply-adds a lane, four additions of lanes   (D/16 + 5) u S
//   the subtractions of both and the rounding of what t is compared with 3 u (|e|^2 / 2 + S)
//   numbers below 2^-126, which tiles take for zero                 2^-122 D (1 + |z| + |e|)
// A number's parts are together at most 1.008 times as large as it is, hence the 1.02 in `slack`.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/amx.h"
#include "kernels/code_rows.h"
#include "kernels/dropout_key.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

namespace lexome {

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512,avx512bf16,amx-tile,amx-bf16")
namespace {
#include "kernels/amx_float_tiles.inl"

struct alignas(64) Block {
  uint16_t parts[kBlock];
};

// An upper bound of a length from the sum of squares in fp32, of which each may have vanished.
float length_bound(float squares, float width) {
  return 1.001F * std::sqrt(squares + width * 0x1p-126F);
}

// Not finite where a sum may have overflowed.
float slack(const CodeSearch& s, const float* z, int64_t of_parts) {
  F16 squares{};
  for (int64_t d = 0; d < s.width; d += 16) squares += load(z + d) * load(z + d);
  const auto width = static_cast<float>(s.width);
  const float row = length_bound(sum_of(squares), width),
              code = length_bound(2.0F * s.largest_half, width);
  const float left_out = of_parts == kParts ? 3.0F : 3.0F * 0x1p8F;
  return 1.02F * 0x1p-24F *
             ((width / 4.0F + 46.0F + left_out) * (row * code) + 1.5F * (code * code)) +
         0x1p-122F * width * (1.0F + row + code);
}

// What one row has seen, lane by lane: a lane sees every sixteenth code.
struct alignas(64) Seen {
  F16 least = splat(__builtin_inff()), second = splat(__builtin_inff());
  I16 code{};  // of the least
};

// Scores of 32 rows and the 32 codes from `first` on. A code whose score is NaN changes nothing.
inline void look(const float* products, const float* half, int64_t first, Seen* rows) {
  for (int64_t r = 0; r < 32; ++r) {
    Seen seen = rows[r];
    for (int64_t c = 0; c < 32; c += 16) {
      const I16 index = I16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} +
                        static_cast<int32_t>(first + c);
      const F16 now = load(half + c) - load(products + r * 32 + c);
      const F16 farther = now < seen.least ? seen.least : now;
      seen.code = now < seen.least ? index : seen.code;
      seen.least = now < seen.least ? now : seen.least;
      seen.second = farther < seen.second ? farther : seen.second;
    }
    rows[r] = seen;
  }
}

// The code of the least score, or -1 where another one comes within `reach` of it.
int64_t clearly_nearest(const Seen& seen, float reach) {
  float least = seen.least[0];
  for (int i = 1; i < 16; ++i) least = std::min(least, static_cast<float>(seen.least[i]));
  const __m512 limit = _mm512_set1_ps(least + reach);
  // "Not above", so that a reach without end leaves all open.
  const auto within = [&](F16 x) -> uint32_t {
    return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(x), limit, _CMP_NGT_UQ);
  };
  const uint32_t near = within(seen.least);
  const bool alone = (near & (near - 1)) == 0 && within(seen.second) == 0;
  return alone ? seen.code[__builtin_ctz(near)] : -1;
}

// Rows that are compared with all codes again, gathered so that they go in blocks.
void search_again(const CodeSearch& s, const std::vector<int64_t>& rows) {
  constexpr int64_t kAtOnce = 64;
  std::vector<float> z(static_cast<size_t>(kAtOnce * s.width));
  int64_t found[kAtOnce];
  CodeSearch gathered = s;
  gathered.z = z.data();
  gathered.found = found;
  const auto all = static_cast<int64_t>(rows.size());
  for (int64_t first = 0; first < all; first += kAtOnce) {
    const int64_t* const row = rows.data() + first;
    const int64_t count = std::min(kAtOnce, all - first);
    for (int64_t i = 0; i < count; ++i)
      std::copy_n(s.z + row[i] * s.width, s.width, z.data() + i * s.width);
    code_kernels().blocked(gathered, 0, count);
    for (int64_t i = 0; i < count; ++i) s.found[row[i]] = found[i];
  }
}

template <int64_t kOfParts>
void search(const CodeSearch& s, int64_t begin, int64_t end) {
  const TileScope tiles;
  const int64_t blocks = amx_blocks(s.width), panels = (s.num_codes + 31) / 32;
  // Pairs of 16-row groups whose parts leave room for panels in the second-level cache.
  const int64_t at_once = std::clamp<int64_t>(96 / blocks, 1, 8);
  std::vector<Block> left(static_cast<size_t>(at_once * blocks));
  std::vector<Seen> seen(static_cast<size_t>(at_once * 32));
  std::vector<int64_t> open;
  alignas(64) float products[1024];
  for (int64_t first = begin; first < end; first += at_once * 32) {
    const int64_t rows = std::min(at_once * 32, end - first), pairs = (rows + 31) / 32;
    const AmxFloats z = {s.z + first * s.width, s.width, false};
    for (int64_t p = 0; p < pairs; ++p)
      for (int64_t b = 0; b < blocks; ++b)
        for (int64_t t = 0; t < 2; ++t)
          cut(z, p * 32 + t * 16, rows, b * 32, s.width, false,
              left[static_cast<size_t>(p * blocks + b)].parts + t * kTile);
    std::fill(seen.begin(), seen.end(), Seen());
    const int64_t lines = (96 + pairs - 1) / pairs;  // of the next panel, a block of this one
    for (int64_t panel = 0; panel < panels; ++panel) {
      const uint16_t* const codes = s.parts + panel * blocks * kBlock;
      const uint16_t* const next = panel + 1 == panels ? s.parts : codes + blocks * kBlock;
      for (int64_t p = 0; p < pairs; ++p) {
        multiply_parts<kOfParts>(left[static_cast<size_t>(p * blocks)].parts, codes, blocks,
                                 products, {next + p * blocks * lines * 32, lines});
        look(products, s.half + panel * 32, panel * 32, seen.data() + p * 32);
      }
    }
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t row = first + r;
      const float reach = 2.0F * slack(s, s.z + row * s.width, kOfParts);
      s.found[row] = clearly_nearest(seen[static_cast<size_t>(r)], reach);
      if (s.found[row] < 0) open.push_back(row);
    }
  }
  search_again(s, open);
}

}  // namespace

void amx_search_codes(const CodeSearch& s, int64_t begin, int64_t end) {
  search<kParts>(s, begin, end);
}
void amx_screen_codes(const CodeSearch& s, int64_t begin, int64_t end) { search<2>(s, begin, end); }

}  // namespace lexome

#else
namespace lexome {
void amx_search_codes(const CodeSearch&, int64_t, int64_t) {}
void amx_screen_codes(const CodeSearch&, int64_t, int64_t) {}
}  // namespace lexome
#endif
