// Loads liblexome_torch.so late, because libtorch takes 0.3 s to start and reads its environment
// once.
#include "base/engine_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/blas_probe.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/threads.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// The folder of the library or program this very function stands in.
std::string own_folder() {
  Dl_info where{};
  if (dladdr(reinterpret_cast<void*>(&own_folder), &where) == 0 || where.dli_fname == nullptr) {
    throw InternalError("the program does not know where it lies");
  }
  std::error_code unknown;
  const auto path = std::filesystem::canonical(where.dli_fname, unknown);
  // A program found through PATH is named without its folder; the system knows it.
  return (unknown ? std::filesystem::canonical("/proc/self/exe") : path).parent_path().string();
}

}  // namespace

Engine& open_engine(const std::string& library) {
  if (!std::filesystem::exists(library)) {
    throw ConfigError(fmt::format(
        "this build of lexome has no tensors ({} is missing); build it with -DLEXOME_WITH_TORCH=ON",
        library));
  }
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw IoError(fmt::format("cannot load {}: {}", library, dlerror()));
  using EngineFunction = Engine* (*)();
  const auto function = reinterpret_cast<EngineFunction>(dlsym(handle, "lexome_engine"));
  if (function == nullptr) {
    throw FormatError(fmt::format("{} is not a lexome library; build it again", library));
  }
  return *function();
}

void settle_environment(const Machine& machine) {
  const bool chosen = machine.threads > 0;
  const std::string threads = std::to_string(chosen ? machine.threads : available_cores());
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) {
    setenv(name, threads.c_str(),
           chosen ? 1 : 0);  // --threads wins; else what the user has set stays
  }
  // Threads that wait for work burn their core for milliseconds by default, which on a busy machine
  // makes small networks many times slower (bench/results/step.md). These turns are some
  // microseconds: enough on a quiet one.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "3000", 0);
  settle_openblas(cpu_info());
}

Engine& load_engine(const Machine& machine) {
  static std::mutex mutex;
  static Engine* engine = nullptr;
  const std::lock_guard lock(mutex);
  if (engine == nullptr) {
    settle_environment(machine);
    engine = &open_engine(own_folder() + "/liblexome_torch.so");
  }
  return *engine;
}

}  // namespace lexome
