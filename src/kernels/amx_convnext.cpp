// A ConvNeXt block on tile registers. A stretch's normed features and inner features stay in the
// second-level cache; bias, GELU, scale and residual act on finished 32 x 32 blocks of a product.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/amx.h"
#include "kernels/convnext_rows.h"
#include "kernels/dropout_key.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

namespace lexome {

#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no call that is not inlined
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512,avx512bf16,amx-tile,amx-bf16")
namespace {
#include "kernels/amx_tiles.inl"

constexpr int64_t kAtOnce =
    16;  // positions convolved and normed together, in the first-level cache

// norm(dw(x)) of positions [begin, end) in bf16.
void mix(const ConvNextArguments& a, int64_t begin, int64_t end, std::vector<float>* scratch,
         uint16_t* to) {
  const int64_t width = a.norm.columns;
  float* const mixed = scratch->data();
  DepthwiseArguments dw = a.dw;
  NormArguments norm = a.norm;
  norm.residual = norm.y = mixed;
  norm.statistics = mixed + kAtOnce * width;
  for (int64_t first = begin; first < end; first += kAtOnce) {
    const int64_t last = std::min(end, first + kAtOnce);
    dw.y = mixed - first * width;
    depthwise_kernels().forward(dw, first, last);
    row_kernels().norm_forward[0](norm, 0, last - first);
    for (int64_t i = 0; i < (last - first) * width; i += 16) store(to + i, load(mixed + i));
    to += (last - first) * width;
  }
}

}  // namespace

void amx_convnext(const ConvNextArguments& a, int64_t begin, int64_t end) {
  const int64_t width = a.norm.columns, inner = a.inner;
  std::vector<float> scratch(static_cast<size_t>(kAtOnce * (width + 2)));
  std::vector<uint16_t> normed(static_cast<size_t>(kConvNextStretch * width)),
      hidden(static_cast<size_t>(kConvNextStretch * inner));
  const TileScope tiles;
  for (int64_t first = begin; first < end; first += kConvNextStretch) {
    const int64_t count = std::min(kConvNextStretch, end - first), pairs = (count + 31) / 32;
    mix(a, first, first + count, &scratch, normed.data());
    multiply_blocks(amx_rows(normed.data(), width), a.in, width, 0, pairs, 0, inner / 32,
                    [&](int64_t row, int64_t column, const float* sums) {
                      for (int64_t r = 0; r < 32; ++r, sums += 32) {
                        uint16_t* const to = hidden.data() + (row + r) * inner + column;
                        for (int64_t c = 0; c < 32; c += 16) {
                          const F16 v = load(sums + c) + load(a.in_bias + column + c);
                          F16 gaussian;
                          store(to + c, v * normal_cdf(v, &gaussian));
                        }
                      }
                    });
    multiply_blocks(amx_rows(hidden.data(), inner), a.out, inner, 0, pairs, 0, width / 32,
                    [&](int64_t row, int64_t column, const float* sums) {
                      const int64_t rows = std::min<int64_t>(32, count - row);
                      for (int64_t r = 0; r < rows; ++r, sums += 32) {
                        const int64_t at = (first + row + r) * width + column;
                        for (int64_t c = 0; c < 32; c += 16) {
                          F16 v = load(sums + c) + load(a.out_bias + column + c);
                          if (a.scale != nullptr) v *= load(a.scale + column + c);
                          store(a.y + at + c, load(a.dw.x + at + c) + v);
                        }
                      }
                    });
  }
}

}  // namespace lexome

#else
namespace lexome {
void amx_convnext(const ConvNextArguments&, int64_t, int64_t) {}
}  // namespace lexome
#endif
