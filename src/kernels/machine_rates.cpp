// The probes. Each is timed as the best of a few short runs, because other work on the machine can
// only slow a run down.
#include "kernels/machine_rates.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "kernels/amx.h"
#include "kernels/dropout.h"
#include "kernels/layernorm.h"
#include "kernels/linear.h"
#include "tensor/compat.h"
#include "tensor/device.h"

namespace lexome {
namespace {

// Seconds of the fastest run within `budget` seconds, after one run to warm up.
template <class Work>
double fastest(double budget, const Work& work) {
  using Clock = std::chrono::steady_clock;
  work();
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const auto begin = Clock::now();
  double best = 1e30;
  do {
    const auto start = Clock::now();
    work();
    best = std::min(best, since(start));
  } while (since(begin) < budget);
  return best;
}

constexpr int64_t kRows = 1024, kWidth = 768;
constexpr double kFlops = 2.0 * kRows * kWidth * kWidth;

double product_rate(torch::ScalarType type) {
  const Tensor x = torch::ones({kRows, kWidth}, type), w = torch::ones({kWidth, kWidth});
  const WeightCopy copy = copy_weights({w}, type);
  const torch::NoGradGuard no_grad;
  return kFlops / fastest(0.2, [&] { matmul_weight(x, {w}, copy); }) / 1e9;
}

MachineRate fp32_product() {
  const double rate = product_rate(torch::kFloat32);
  MachineRate out{"fp32 matrix product", rate, "GFLOP/s", ""};
  // A vector unit of 256 bits or more gives above 40 GFLOP/s a core through any tuned BLAS.
  if (amx_floats_ready()) {
    out.remark = "on AMX tiles, every number as three bf16";
  } else if (rate < 30.0 * at::get_num_threads()) {
    const char* const core = std::getenv("OPENBLAS_CORETYPE");
    out.remark =
        "slow for this CPU: libtorch's BLAS is not a tuned one (install libopenblas0-pthread and "
        "check "
        "`update-alternatives --display libblas.so.3-x86_64-linux-gnu`)";
    if (core != nullptr) out.remark += fmt::format(", or OPENBLAS_CORETYPE={} does not fit", core);
  }
  return out;
}

MachineRate bf16_product() {
  const double rate = product_rate(torch::kBFloat16);
  MachineRate out{"bf16 matrix product", rate, "GFLOP/s", ""};
  if (amx_ready()) {
    out.remark = "on AMX tiles";
  } else if (!cpu_has_bf16()) {
    out.remark = "this CPU has no bf16 arithmetic: train with --precision fp32";
  } else {
    out.remark =
        "AVX-512 bf16 through oneDNN; no AMX tiles on this CPU, or the system withholds them";
  }
  return out;
}

MachineRate memory_bandwidth() {
  constexpr int64_t kCount = int64_t{1} << 24;  // 64 MiB, beyond most caches
  const Tensor from = torch::ones({kCount}), to = torch::empty({kCount});
  const double seconds = fastest(0.15, [&] {
    at::parallel_for(0, kCount, 1 << 16, [&](int64_t begin, int64_t end) {
      std::copy(from.data_ptr<float>() + begin, from.data_ptr<float>() + end,
                to.data_ptr<float>() + begin);
    });
  });
  return {"memory copy", 2.0 * 4.0 * static_cast<double>(kCount) / seconds / 1e9, "GB/s",
          "read and written"};
}

// Dropout as training runs it: fused with the residual and the norm, so the difference to none
// counts.
MachineRate dropout_cost() {
  const torch::NoGradGuard no_grad;
  const Tensor x = torch::ones({kRows, kWidth}), one = torch::ones({kWidth});
  const auto seconds = [&](double rate) {
    return fastest(0.1, [&] {
      bias_dropout_residual_norm(x, one, x, one, one, 1e-5, {rate, 1, 2, 3});
    });
  };
  const double extra = std::max(0.0, seconds(0.1) - seconds(0.0));
  return {"dropout, fused", extra / static_cast<double>(kRows * kWidth) * 1e9, "ns/element",
          "on top of bias, residual and LayerNorm"};
}

}  // namespace

std::vector<MachineRate> machine_rates() {
  return {fp32_product(), bf16_product(), memory_bandwidth(), dropout_cost()};
}

}  // namespace lexome
