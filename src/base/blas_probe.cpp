// Measures OpenBLAS in forked children: each loads the library afresh under its own environment,
// which a process can do only once. A child takes some 20 ms.
#include "base/blas_probe.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr double kWorthwhileGain = 1.15;
constexpr const char* kVariable = "OPENBLAS_CORETYPE";

struct Measurement {
  std::array<char, 512> library{};
  std::array<char, 64> core{};
  double gflops = 0;
};

using Sgemm = void (*)(const char*, const char*, const int*, const int*, const int*, const float*,
                       const float*, const int*, const float*, const int*, const float*, float*,
                       const int*);

// CPU time of this thread: on a busy machine the wall clock would measure the neighbours.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double time_products(Sgemm sgemm) {
  constexpr int kSize = 512;
  const std::vector<float> a(kSize * kSize, 0.5f), b(kSize * kSize, 0.25f);
  std::vector<float> c(kSize * kSize);
  const float one = 1, zero = 0;
  double best = 1e9, spent = 0;
  for (int i = 0; i < 12 && spent < 0.04; ++i) {
    const double begin = thread_seconds();
    sgemm("N", "N", &kSize, &kSize, &kSize, &one, a.data(), &kSize, b.data(), &kSize, &zero,
          c.data(), &kSize);
    const double seconds = thread_seconds() - begin;
    best = std::min(best, seconds);
    spent += seconds;
  }
  return 2.0 * kSize * kSize * kSize / best * 1e-9;
}

// What the child does; it never returns.
[[noreturn]] void measure_and_exit(const std::string& core_type, int pipe_end) {
  const rlimit limit = {5, 5};  // seconds of CPU; the wall clock depends on the neighbours
  setrlimit(RLIMIT_CPU, &limit);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  setenv("OMP_NUM_THREADS", "1", 1);
  if (!core_type.empty()) setenv(kVariable, core_type.c_str(), 1);
  // What libtorch links with; elsewhere it may be another BLAS, then OpenBLAS is not in play.
  void* library = dlopen("libblas.so.3", RTLD_NOW);
  if (library == nullptr) _exit(1);
  using CoreName = char* (*)();
  const auto core_name = reinterpret_cast<CoreName>(dlsym(library, "openblas_get_corename"));
  const auto sgemm = reinterpret_cast<Sgemm>(dlsym(library, "sgemm_"));
  Dl_info where{};
  if (core_name == nullptr || sgemm == nullptr ||
      dladdr(reinterpret_cast<void*>(core_name), &where) == 0) {
    _exit(1);
  }
  Measurement result;
  std::strncpy(result.library.data(), where.dli_fname, result.library.size() - 1);
  std::strncpy(result.core.data(), core_name(), result.core.size() - 1);
  result.gflops = time_products(sgemm);
  _exit(write(pipe_end, &result, sizeof result) == sizeof result ? 0 : 1);
}

// Verdicts of earlier runs, one line a machine: CPU, library, its size and time, core type.
// type".
struct Verdict {
  std::string key;  // CPU model
  std::string library, stamp;
  std::string core_type;  // "" when OpenBLAS's own choice is good
};

std::string stamp_of(const std::string& library) {
  struct stat info {};
  if (stat(library.c_str(), &info) != 0) return {};
  return fmt::format("{}:{}", info.st_size, info.st_mtime);
}

std::string verdict_path() { return cache_folder() + "/openblas.tsv"; }

std::vector<Verdict> read_verdicts() {
  std::vector<Verdict> verdicts;
  std::string text;
  try {
    text = read_text_file(verdict_path());
  } catch (const IoError&) {
    return verdicts;  // no earlier run
  }
  for (const std::string_view line : split(text, '\n')) {
    const auto cells = split(line, '\t');
    if (cells.size() != 4) continue;
    verdicts.push_back({std::string(cells[0]), std::string(cells[1]), std::string(cells[2]),
                        std::string(cells[3])});
  }
  return verdicts;
}

void remember(std::vector<Verdict> verdicts, const Verdict& verdict) {
  verdicts.erase(std::remove_if(verdicts.begin(), verdicts.end(),
                                [&](const Verdict& v) { return v.key == verdict.key; }),
                 verdicts.end());
  verdicts.push_back(verdict);
  std::string text;
  for (const Verdict& v : verdicts) {
    text += fmt::format("{}\t{}\t{}\t{}\n", v.key, v.library, v.stamp, v.core_type);
  }
  try {
    std::error_code unmade;
    std::filesystem::create_directories(cache_folder(), unmade);
    write_text_file(verdict_path(), text);
  } catch (const IoError& error) {
    log::debug("the OpenBLAS measurement is not kept: {}", error.what());
  }
}

}  // namespace

std::optional<BlasRate> measure_openblas(const std::string& core_type) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw IoError("cannot make a pipe", errno);
  const pid_t child = fork();
  if (child == 0) measure_and_exit(core_type, ends[1]);
  close(ends[1]);
  Measurement result;
  const bool complete = child > 0 && read(ends[0], &result, sizeof result) == sizeof result;
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  if (!complete) return std::nullopt;
  return BlasRate{result.library.data(), result.core.data(), result.gflops};
}

std::string deserved_core_type(const CpuInfo& cpu) {
  const bool has_avx512 = cpu.has("avx512f") && cpu.has("avx512dq") && cpu.has("avx512bw") &&
                          cpu.has("avx512vl") && cpu.has("avx512cd");
  if (!has_avx512) return {};
  return cpu.has("avx512_bf16") ? "Cooperlake" : "SkylakeX";
}

void settle_openblas(const CpuInfo& cpu) {
  if (const char* set = std::getenv(kVariable)) {
    log::debug("{}={} as set by you", kVariable, set);
    return;
  }
  const std::string deserved = deserved_core_type(cpu);
  if (deserved.empty()) return;
  const std::vector<Verdict> verdicts = read_verdicts();
  std::string core_type;
  const auto known = std::find_if(verdicts.begin(), verdicts.end(), [&](const Verdict& v) {
    return v.key == cpu.model && v.stamp == stamp_of(v.library);
  });
  if (known != verdicts.end()) {
    core_type = known->core_type;
  } else {
    const auto own = measure_openblas("");
    if (!own) return;
    if (own->core != deserved) {
      const auto forced = measure_openblas(deserved);
      if (!forced) return;
      if (forced->gflops / own->gflops > kWorthwhileGain) core_type = deserved;
      log::debug("OpenBLAS chose its {} kernels: {:.0f} GFLOP/s a core; {} gives {:.0f}", own->core,
                 own->gflops, deserved, forced->gflops);
    }
    remember(verdicts, {cpu.model, own->library, stamp_of(own->library), core_type});
  }
  if (core_type.empty()) return;
  setenv(kVariable, core_type.c_str(), 0);
  log::debug("{}={}: OpenBLAS takes this CPU for an older one", kVariable, core_type);
}

}  // namespace lexome
