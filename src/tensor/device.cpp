// Device and precision from their names, with errors that name the remedy.
#include "tensor/device.h"

#include "base/text.h"
#include "base/threads.h"
#include "lexome/error.h"
#include "tensor/compat.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace lexome {

torch::Device choose_device(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  if (name == "auto")
    return cuda_available() ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  int64_t index = 0;
  const bool cuda =
      name == "cuda" || (name.rfind("cuda:", 0) == 0 &&
                         parse_int(std::string_view(name).substr(5), &index) && index >= 0);
  if (!cuda) throw ConfigError("--device " + name + ": expected auto, cpu or cuda:N");
  if (!cuda_available())
    throw ConfigError(
        "--device " + name +
        ": this libtorch sees no CUDA device; use --device cpu or a CUDA build of libtorch");
  return torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(index));
}

void settle_threads(int threads) {
  keep_freed_memory();
  set_compute_threads(threads > 0 ? threads : available_cores());
}

bool choose_bf16(const std::string& precision, const torch::Device& device) {
  if (precision == "fp32") return false;
  if (precision == "bf16") return true;
  if (precision != "auto")
    throw ConfigError("--precision " + precision + ": expected auto, fp32 or bf16");
  return device.is_cuda() || cpu_has_bf16();
}

#if defined(__x86_64__)
bool cpu_has_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1u << 5)) != 0;
}

bool cpu_has_amx() {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    const bool bf16_tiles = (d & (1u << 22)) != 0 && (d & (1u << 24)) != 0;
#if defined(__linux__)
    // Tile registers must be asked for once per process (arch_prctl ARCH_REQ_XCOMP_PERM,
    // XTILEDATA).
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return bf16_tiles && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
    return false;
#endif
  }();
  return has;
}
#else
bool cpu_has_bf16() { return false; }
bool cpu_has_amx() { return false; }
#endif

}  // namespace lexome
