// Every search finds what the plain one finds, index for index, ties and hopeless codebooks
// included; and the plain one agrees with float64.
#include "kernels/nearest_code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/code_rows.h"
#include "tensor/compat.h"
#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::random_tensor;

// Squared distances of all pairs in float64.
Tensor all_distances(const Tensor& z_RD, const Tensor& codes_KD) {
  const Tensor z = z_RD.to(torch::kFloat64).unsqueeze(1),
               e = codes_KD.to(torch::kFloat64).unsqueeze(0);
  return (z - e).square().sum(2);
}

// The search in blocks, which tile registers hide behind the public functions. D a multiple of 16.
Tensor in_blocks(const Tensor& z_RD, const Tensor& codes_KD) {
  const Tensor half_K = torch::empty({codes_KD.size(0)}),
               found_R = torch::empty({z_RD.size(0)}, torch::kInt64);
  CodeSearch search;
  search.z = z_RD.data_ptr<float>();
  search.codes = codes_KD.data_ptr<float>();
  search.half = half_K.data_ptr<float>();
  search.num_codes = codes_KD.size(0);
  search.width = codes_KD.size(1);
  search.found = found_R.data_ptr<int64_t>();
  code_kernels().half_norms(search.codes, search.num_codes, search.width, half_K.data_ptr<float>());
  code_kernels().blocked(search, 0, z_RD.size(0));
  return found_R;
}

void expect_all_agree(const Tensor& given_RD, const Tensor& codes_KD, const char* what) {
  const Tensor z_RD = given_RD.contiguous(), want = nearest_code_reference(z_RD, codes_KD);
  if (z_RD.size(1) % 16 == 0) {
    EXPECT_TRUE(in_blocks(z_RD, codes_KD).equal(want)) << what;
  }
  EXPECT_TRUE(nearest_code_fp32(z_RD, codes_KD).equal(want)) << what;
  EXPECT_TRUE(nearest_code(z_RD, codes_KD).equal(want)) << what;
  EXPECT_TRUE(nearest_code_by_library(z_RD, codes_KD).equal(want)) << what;
}

TEST(NearestCode, ReferenceIsNearestInFloat64) {
  const Tensor z = random_tensor({90, 40}, 1), codes = random_tensor({33, 40}, 2);
  const Tensor far = all_distances(z, codes);
  const Tensor found = nearest_code_reference(z, codes);
  EXPECT_TRUE(found.equal(far.argmin(1)));
}

TEST(NearestCode, AllSearchesAgreeForAnyShape) {
  uint64_t stream = 10;
  for (const int64_t rows : {0, 1, 3, 4, 67, 300}) {
    for (const int64_t codes : {1, 5, 16, 33, 520}) {
      for (const int64_t width : {1, 16, 24, 48, 384}) {
        const Tensor z = random_tensor({rows, width}, ++stream);
        expect_all_agree(z, random_tensor({codes, width}, ++stream), "shape");
      }
    }
  }
}

TEST(NearestCode, LowestIndexAmongEqualCodes) {
  const Tensor some = random_tensor({7, 48}, 3);
  const Tensor codes = torch::cat({some, some, some, some, some, some});
  const Tensor z = some.repeat({9, 1});
  for (const Tensor& found : {nearest_code_reference(z, codes), nearest_code_fp32(z, codes),
                              nearest_code(z, codes), nearest_code_by_library(z, codes)}) {
    EXPECT_TRUE(found.equal(torch::arange(7).repeat({9})));
  }
}

// Where tile registers cannot tell codes apart: all near one point, far from the origin, tiny,
// huge.
TEST(NearestCode, TilesNeverLoseTheNearest) {
  const Tensor z = random_tensor({400, 96}, 4), codes = random_tensor({257, 96}, 5);
  expect_all_agree(z * 1e-3 + 50.0, codes * 1e-3 + 50.0, "a common offset");
  expect_all_agree(z, codes * 1e-4, "codes close together");
  expect_all_agree(z * 1e-4, codes, "features close together");
  expect_all_agree(z * 1e-18, codes * 1e-18, "tiny");
  expect_all_agree(z * 1e12, codes * 1e12, "huge");
  expect_all_agree(codes.repeat({2, 1}) + random_tensor({514, 96}, 6) * 1e-6, codes,
                   "on the codes");
  // Codes of very different length.
  expect_all_agree(z, codes * torch::logspace(-3, 2, 257).unsqueeze(1), "lengths");
  expect_all_agree(z * 1e-20, codes * 1e-20, "products below the normal numbers");
  expect_all_agree(z * 1e-30, codes, "squares of features that vanish");
  expect_all_agree(z * 1e20, codes * 1e20, "scores that overflow");
  expect_all_agree(z * 1e30, codes * 1e-30, "features that overflow alone");
  expect_all_agree(z * 1e-41, codes * 1e-3, "subnormal features");
}

// Between pairs of codes that differ in the last bit of one feature, either order.
TEST(NearestCode, CodesOneBitApart) {
  const Tensor codes = random_tensor({150, 96}, 5);
  Tensor above = codes.clone();
  above.select(1, 0).copy_(torch::nextafter(codes.select(1, 0), torch::full({150}, 1e9F)));
  ASSERT_FALSE(above.equal(codes));
  expect_all_agree(codes, torch::cat({codes, above}), "above behind");
  expect_all_agree(above, torch::cat({above, codes}), "below behind");
  expect_all_agree(random_tensor({300, 96}, 13), torch::cat({above, codes, codes}), "at random");
}

// All features lose the same to two bf16 parts, together more than the second code is farther away.
TEST(NearestCode, WhatTwoPartsLeaveOut) {
  const Tensor z = torch::full({1, 16}, 1 + 0x1p-8 - 0x1p-15),
               codes = torch::full({2, 16}, 1 + 0x1p-8 - 0x1p-15);
  codes[1].slice(0, 0, 8).fill_(1);
  codes[1].slice(0, 8).fill_(1 + 0x1p-7);
  EXPECT_EQ(nearest_code_reference(z, codes)[0].item<int64_t>(), 0);
  expect_all_agree(z, codes, "losses");
}

// Points midway between two codes, moved by less and less: gaps on both sides of what the scores
// on tile registers can tell.
TEST(NearestCode, RowsBetweenTwoCodes) {
  const Tensor codes = random_tensor({64, 384}, 14), from = codes.slice(0, 0, 32),
               to = codes.slice(0, 32, 64);
  for (int power = -2; power >= -30; --power) {
    const double step = std::ldexp(1.0, power);
    expect_all_agree(torch::cat({from.lerp(to, 0.5 + step), from.lerp(to, 0.5 - step)}), codes,
                     "midway");
  }
}

TEST(NearestCode, NaNIsNeverChosen) {
  const Tensor z = random_tensor({40, 32}, 7), codes = random_tensor({20, 32}, 8);
  codes[nearest_code_reference(z, codes)[0].item<int64_t>()][3] =
      std::numeric_limits<float>::quiet_NaN();
  expect_all_agree(z, codes, "one code with NaN");
  const Tensor found = nearest_code(z, codes);
  EXPECT_EQ(codes.index_select(0, found).isnan().sum().item<int64_t>(), 0);
}

TEST(NearestCode, RowsAndCodesWithoutEnd) {
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor z = random_tensor({40, 32}, 15), codes = random_tensor({70, 32}, 16);
  codes[0][5] = infinity;
  codes[3][7] = -infinity;
  codes[40].fill_(nan);
  codes[41].fill_(3e19F);  // |e|^2 overflows
  expect_all_agree(z, codes, "codes");
  z[1][2] = infinity;
  z[2][3] = -infinity;
  z[3][4] = nan;
  z[4].fill_(3e38F);
  expect_all_agree(z, codes, "rows and codes");
  expect_all_agree(z, torch::full({40, 32}, nan), "no code at all");
}

TEST(NearestCode, ThreadsChangeNothing) {
  const Tensor codes = random_tensor({100, 64}, 10),
               z = torch::cat({random_tensor({900, 64}, 9), codes.repeat({20, 1}) * 0.5 + 40.0});
  const int before = compute_threads();
  set_compute_threads(1);
  const Tensor one = nearest_code(z, codes);
  const CodeStatistics alone = code_statistics(z, one, 100);
  set_compute_threads(3);
  EXPECT_TRUE(one.equal(nearest_code(z, codes)));
  EXPECT_TRUE(one.equal(nearest_code_fp32(z, codes)));
  for (const int64_t first : {0, 1, 17, 891})
    EXPECT_TRUE(one.slice(0, first, first + 300)
                    .equal(nearest_code(z.slice(0, first, first + 300), codes)));
  EXPECT_TRUE(alone.sums_KD.equal(code_statistics(z, one, 100).sums_KD));
  set_compute_threads(before);
}

TEST(CodeStatistics, AreCountsAndSumsInFloat64) {
  const Tensor z = random_tensor({500, 70}, 11);
  Tensor codes = nearest_code(z, random_tensor({12, 70}, 12));
  codes.slice(0, 100, 130).fill_(-1);
  const CodeStatistics got = code_statistics(z, codes, 12);
  const Tensor chosen = torch::zeros({500, 12}, torch::kFloat64);
  for (int64_t r = 0; r < 500; ++r)
    if (codes[r].item<int64_t>() >= 0) chosen[r][codes[r].item<int64_t>()] = 1;
  EXPECT_TRUE(got.counts_K.equal(chosen.sum(0)));
  EXPECT_EQ(got.counts_K.sum().item<double>(), 470);
  EXPECT_TRUE(torch::allclose(got.sums_KD, chosen.t().mm(z.to(torch::kFloat64)), 1e-13, 1e-13));
}

}  // namespace
}  // namespace lexome
