// `lexome info --machine`: what the machine has, what it reaches, and what slows it.
#include <fmt/format.h>

#include "base/blas_probe.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/provenance.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/describe.h"
#include "lexome/engine.h"
#include "lexome/error.h"

namespace lexome::cli {
namespace {

std::string row(const std::string& name, const std::string& value) {
  return fmt::format("  {:<26} {}\n", name, value);
}

// OpenBLAS as it starts by itself, and with the kernels this CPU deserves.
std::string blas_rows(const CpuInfo& cpu, std::vector<std::string>* advice) {
  const auto own = measure_openblas("");
  if (!own) {
    advice->push_back(
        "libblas.so.3 is not OpenBLAS: Debian's libtorch then multiplies fp32 matrices at about 9 "
        "GFLOP/s; install libopenblas0-pthread");
    return row("BLAS", "no OpenBLAS behind libblas.so.3");
  }
  std::string out = row("BLAS", fmt::format("{}, {} kernels, {:.0f} GFLOP/s a core", own->library,
                                            own->core, own->gflops));
  const std::string deserved = deserved_core_type(cpu);
  if (deserved.empty() || deserved == own->core) return out;
  if (const auto forced = measure_openblas(deserved)) {
    const double gain = forced->gflops / own->gflops;
    out += row("", fmt::format("{:.0f} GFLOP/s a core with {} kernels", forced->gflops, deserved));
    if (gain > 1.15) {
      advice->push_back(
          fmt::format("OpenBLAS takes this CPU for an older one; lexome sets "
                      "OPENBLAS_CORETYPE={} by itself ({:.0f} % faster)",
                      deserved, (gain - 1) * 100));
    }
  }
  return out;
}

}  // namespace

std::string describe_machine(int threads) {
  std::vector<std::string> advice;
  const CpuInfo cpu = cpu_info();
  const MemoryInfo memory = memory_info();
  const int cores = available_cores();
  std::string flags;
  for (const char* flag : {"avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx512_fp16",
                           "amx_tile", "amx_bf16", "amx_int8", "sha_ni"}) {
    if (cpu.has(flag)) flags += (flags.empty() ? "" : " ") + std::string(flag);
  }
  std::string out = row("lexome", fmt::format("{} ({})", version(), build_commit()));
  out += row("CPU", cpu.model);
  out += row("cores for this process", std::to_string(cores));
  out += row("flags that matter", flags);
  out += row("memory", fmt::format("{}, {} available", human_bytes(memory.total),
                                   human_bytes(memory.available)));
  out += blas_rows(cpu, &advice);
  if (!cpu.has("amx_bf16") && !cpu.has("avx512_bf16")) {
    advice.push_back("the CPU has no bfloat16 products: --precision bf16 is slower than fp32 here");
  }
  Machine machine;
  machine.threads = threads;
  try {
    Engine& engine = load_engine(machine);
    out += row("libtorch", engine.torch_version());
    for (const MachineRate& rate : engine.machine_rates(machine)) {
      out += row(rate.what, fmt::format("{:.4g} {}", rate.value, rate.unit));
      if (!rate.remark.empty()) advice.push_back(rate.what + ": " + rate.remark);
    }
  } catch (const ConfigError& error) {
    advice.emplace_back(error.what());  // a build without tensors still describes its machine
  }
  if (advice.empty()) advice.emplace_back("nothing slows this machine that lexome knows of");
  out += "\n";
  for (const std::string& line : advice) out += line + "\n";
  return out;
}

}  // namespace lexome::cli
