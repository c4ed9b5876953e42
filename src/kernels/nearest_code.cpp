// Dispatch: tile registers where the CPU has them, else blocks; on other devices their library.
#include "kernels/nearest_code.h"

#include <ATen/Parallel.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/amx.h"
#include "kernels/code_rows.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kGrain = 256;  // rows a task
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Whole vectors of sixteen; zeros change no product.
Tensor whole_rows(const Tensor& x) {
  const int64_t missing = (16 - x.size(1) % 16) % 16;
  const Tensor plain = x.detach().contiguous();
  return missing == 0 ? plain : at::constant_pad_nd(plain, {0, missing});
}

bool is_fp32_matrix(const Tensor& x) { return x.dim() == 2 && x.scalar_type() == torch::kFloat32; }

enum class How { kPlain, kFp32, kScreened, kLibrary };

}  // namespace

struct PreparedCodes {
  How how = How::kPlain;
  int64_t width = 0;        // D
  Tensor codes_KD, half_K;  // as CodeSearch has them; by library: on the codes' device
  Tensor parts;             // for tile registers, where the CPU has them
  float largest_half = 0;
  std::unique_ptr<const PreparedCodes> on_cpu;  // by library: decides what its scores do not

  PreparedCodes(const Tensor& given_KD, How which)
      : how(given_KD.is_cpu() ? which : How::kLibrary) {
    if (!is_fp32_matrix(given_KD) || given_KD.numel() == 0)
      throw InternalError("nearest codes: codes must be an fp32 matrix");
    width = given_KD.size(1);
    codes_KD = given_KD.detach();
    if (how == How::kLibrary) {
      on_cpu = std::make_unique<const PreparedCodes>(codes_KD.cpu(), How::kFp32);
      half_K = on_cpu->half_K.slice(0, 0, codes_KD.size(0)).to(codes_KD.device());
      largest_half = on_cpu->largest_half;
      return;
    }
    codes_KD = whole_rows(codes_KD);
    half_K = torch::full({(codes_KD.size(0) + 31) / 32 * 32}, kInfinity);
    code_kernels().half_norms(codes_KD.data_ptr<float>(), codes_KD.size(0), codes_KD.size(1),
                              half_K.data_ptr<float>());
    largest_half = half_K.masked_fill(half_K.isfinite().logical_not(), 0).max().item<float>();
    if (how != How::kPlain && amx_floats_ready()) cut_codes();
  }

  void cut_codes() {
    AmxFloatProduct product;
    product.right = {codes_KD.data_ptr<float>(), codes_KD.size(1), false};
    product.n = codes_KD.size(0);
    product.k = codes_KD.size(1);
    parts = torch::empty({amx_float_right_size(product.n, product.k)}, torch::kInt16);
    amx_cut_right(product, static_cast<uint16_t*>(parts.data_ptr()), 0, half_K.size(0) / 32);
  }

  Tensor nearest(const Tensor& z_RD) const {
    if (!is_fp32_matrix(z_RD) || z_RD.size(1) != width)
      throw InternalError("nearest codes: features must be fp32 rows as wide as the codes");
    if (how == How::kLibrary) return by_library(z_RD);
    const Tensor z = whole_rows(z_RD), found_R = torch::empty({z.size(0)}, torch::kInt64);
    CodeSearch search;
    search.z = z.data_ptr<float>();
    search.codes = codes_KD.data_ptr<float>();
    search.half = half_K.data_ptr<float>();
    search.num_codes = codes_KD.size(0);
    search.width = codes_KD.size(1);
    search.found = found_R.data_ptr<int64_t>();
    search.largest_half = largest_half;
    auto* run = how == How::kPlain ? code_kernels().plain : code_kernels().blocked;
    if (parts.defined()) {
      search.parts = static_cast<const uint16_t*>(parts.data_ptr());
      run = how == How::kFp32 ? amx_search_codes : amx_screen_codes;
    }
    at::parallel_for(0, z.size(0), kGrain,
                     [&](int64_t begin, int64_t end) { run(search, begin, end); });
    return found_R;
  }

  // For devices whose library multiplies faster than we do, a chunk of rows at a time: rows whose
  // two least scores lie closer than two slacks are decided by the CPU.
  Tensor by_library(const Tensor& z_RD) const {
    constexpr int64_t kRows = 8192;
    const Tensor found_R = torch::empty({z_RD.size(0)}, z_RD.options().dtype(torch::kInt64));
    for (int64_t first = 0; first < z_RD.size(0); first += kRows) {
      const int64_t last = std::min(z_RD.size(0), first + kRows);
      const Tensor z = z_RD.slice(0, first, last);
      const Tensor scores_RK = torch::addmm(half_K, z, codes_KD.t(), 1, -1);
      scores_RK.masked_fill_(scores_RK.isnan(), kInfinity);
      const auto [least_R2, codes_R2] =
          scores_RK.topk(std::min<int64_t>(2, codes_KD.size(0)), 1, /*largest=*/false);
      const Tensor second_R = least_R2.size(1) > 1 ? least_R2.select(1, 1)
                                                   : torch::full_like(z.select(1, 0), kInfinity);
      const Tensor clear_R = (second_R - least_R2.select(1, 0)).gt(2 * slack(z));
      const Tensor chosen_R = found_R.slice(0, first, last);
      chosen_R.copy_(codes_R2.select(1, 0));
      const Tensor open = clear_R.logical_not().nonzero().squeeze(1);
      if (open.size(0) > 0)
        chosen_R.index_copy_(0, open,
                             on_cpu->nearest(z.index_select(0, open).cpu()).to(found_R.device()));
    }
    return found_R;
  }

  // How far a score of the library and the reference's lie apart at most, [R]. With u = 2^-24 and
  // S = sum_d |z_d e_d| <= |z| |e|, to first order: sums in fp32 in any order (D + 2) u S, the
  // reference's (D/16 + 5) u S, subtractions and comparison 3 u (|e|^2 / 2 + S), and what vanishes
  // below 2^-126. Not finite where a sum may have overflowed. Products must be fp32: TF32 is off
  // unless it is asked for, which nothing here does.
  Tensor slack(const Tensor& z_RD) const {
    const double vanished = static_cast<double>(width) * 0x1p-126;
    const Tensor row_R = (z_RD.square().sum(1) + vanished).sqrt() * 1.001;
    const double code = 1.001 * std::sqrt(2.0 * largest_half + vanished),
                 terms = 1.07 * static_cast<double>(width) + 16;
    return (row_R * code * terms + 1.5 * code * code) * (1.02 * 0x1p-24) +
           (row_R + 1 + code) * (0x1p-122 * static_cast<double>(width));
  }
};

CodeTable::CodeTable(const Tensor& codes_KD) {
  const torch::NoGradGuard no_grad;
  prepared_ = std::make_shared<const PreparedCodes>(codes_KD, How::kScreened);
}

Tensor CodeTable::nearest(const Tensor& z_RD) const {
  const torch::NoGradGuard no_grad;
  return prepared_->nearest(z_RD.detach());
}

Tensor nearest_code_reference(const Tensor& z_RD, const Tensor& codes_KD) {
  return PreparedCodes(codes_KD, How::kPlain).nearest(z_RD);
}

Tensor nearest_code_fp32(const Tensor& z_RD, const Tensor& codes_KD) {
  return PreparedCodes(codes_KD, How::kFp32).nearest(z_RD);
}

Tensor nearest_code_by_library(const Tensor& z_RD, const Tensor& codes_KD) {
  return PreparedCodes(codes_KD, How::kLibrary).nearest(z_RD.detach());
}

Tensor nearest_code(const Tensor& z_RD, const Tensor& codes_KD) {
  return CodeTable(codes_KD).nearest(z_RD);
}

CodeStatistics code_statistics(const Tensor& z_RD, const Tensor& codes_R, int64_t num_codes) {
  const torch::NoGradGuard no_grad;
  const int64_t rows = z_RD.size(0), width = z_RD.size(1);
  const auto options = z_RD.options().dtype(torch::kFloat64);
  CodeStatistics out{torch::zeros({num_codes}, options), torch::zeros({num_codes, width}, options)};
  if (!z_RD.is_cpu()) {
    const Tensor real = codes_R.ge(0).nonzero().squeeze(1), chosen = codes_R.index_select(0, real);
    out.counts_K.index_add_(0, chosen, torch::ones({real.size(0)}, options));
    out.sums_KD.index_add_(0, chosen, z_RD.index_select(0, real).to(torch::kFloat64));
    return out;
  }
  constexpr int64_t kStrip = 64;  // columns that one thread sums, over all rows in order
  const Tensor z = z_RD.contiguous(), chosen = codes_R.contiguous();
  const float* const from = z.data_ptr<float>();
  const int64_t* const code = chosen.data_ptr<int64_t>();
  double* const counts = out.counts_K.data_ptr<double>();
  double* const sums = out.sums_KD.data_ptr<double>();
  for (int64_t r = 0; r < rows; ++r)
    if (code[r] >= 0) counts[code[r]] += 1;
  at::parallel_for(0, (width + kStrip - 1) / kStrip, 1, [&](int64_t begin, int64_t end) {
    for (int64_t strip = begin; strip < end; ++strip) {
      const int64_t first = strip * kStrip, last = std::min(width, first + kStrip);
      for (int64_t r = 0; r < rows; ++r) {
        if (code[r] < 0) continue;
        double* const to = sums + code[r] * width;
        for (int64_t d = first; d < last; ++d) to[d] += from[r * width + d];
      }
    }
  });
  return out;
}

}  // namespace lexome
