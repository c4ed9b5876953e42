// How fast the system's OpenBLAS is here, and whether it took the CPU for an older one. Must run
// before anything loads OpenBLAS into this process, since it reads its environment only once.
#pragma once

#include <optional>
#include <string>

#include "base/machine.h"

namespace lexome {

struct BlasRate {
  std::string library;  // path of the shared library
  std::string core;     // kernels in use: "Haswell", "SkylakeX"
  double gflops = 0;    // fp32, one thread
};

// Times matrix products in a forked child with OPENBLAS_CORETYPE set to `core_type` ("" leaves the
// choice to OpenBLAS). Empty when there is no OpenBLAS.
std::optional<BlasRate> measure_openblas(const std::string& core_type);

// The kernels a CPU deserves: "Cooperlake", "SkylakeX", or "" when OpenBLAS surely knows it.
std::string deserved_core_type(const CpuInfo& cpu);

// Sets OPENBLAS_CORETYPE when the user has not and another kernel gains more than 15 %. The verdict
// is kept in the cache folder, so only the first run on a machine pays for the measurement.
void settle_openblas(const CpuInfo& cpu);

}  // namespace lexome
