// The nearest code of every row: the counterpart of bench/peers/codes_step.py, on features of the
// same distribution. One search for each line on stdin, so that bench/peers/compare_codes.py can
// take turns; prints seconds, and at the end the memory the searches took beyond their inputs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>

#include "base/random.h"
#include "kernels/nearest_code.h"
#include "tensor/device.h"

namespace {

torch::Tensor normal(int64_t rows, int64_t width, uint64_t stream) {
  lexome::Random random(1, lexome::Purpose::kTest, stream);
  torch::Tensor out = torch::empty({rows, width});
  for (int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return out;
}

// Peak resident memory in MiB.
double peak() {
  std::ifstream status("/proc/self/status");
  double kib = 0;
  for (std::string word; status >> word;)
    if (word == "VmHWM:") status >> kib;
  return kib / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("nearest codes");
  int64_t rows = 65536, width = 384, codes = 512;
  int threads = 2;
  std::string how = "screened";
  app.add_option("--rows", rows);
  app.add_option("--width", width);
  app.add_option("--codes", codes);
  app.add_option("--threads", threads);
  app.add_option("--how", how)->check(CLI::IsMember({"screened", "fp32"}));
  CLI11_PARSE(app, argc, argv);
  lexome::settle_threads(threads);
  // Rows around codes, as they are while a codebook is learned.
  const torch::Tensor codes_KD = normal(codes, width, 1);
  torch::Tensor z_RD = normal(rows, width, 2);
  for (int64_t r = 0; r < rows; ++r) z_RD[r].add_(codes_KD[r % codes]);
  const auto search = [&] {
    return how == "fp32" ? lexome::nearest_code_fp32(z_RD, codes_KD)
                         : lexome::nearest_code(z_RD, codes_KD);
  };
  const double before = peak();
  search();
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line == "go";) {
    const auto begin = std::chrono::steady_clock::now();
    search();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << fmt::format("{:.6f}", took.count()) << std::endl;
  }
  std::cout << fmt::format("{:.1f}", peak() - before) << std::endl;
}
