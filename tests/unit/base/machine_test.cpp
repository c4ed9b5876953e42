// What the machine is, and the rules for choosing BLAS kernels.
#include "base/machine.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>

#include "base/blas_probe.h"
#include "base/engine_loader.h"
#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::slurp;
using lexome_test::spill;
using lexome_test::TemporaryFolder;

// Sets a variable for one test and puts the old value back.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) {
      had_ = true;
      old_ = old;
    }
    if (value == nullptr) {
      unsetenv(name);
    } else {
      setenv(name, value, 1);
    }
  }
  ~Variable() {
    if (had_) {
      setenv(name_, old_.c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  bool had_ = false;
  std::string old_;
};

std::string value_of(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "(unset)" : value;
}

TEST(Machine, MemoryIsSound) {
  const MemoryInfo memory = memory_info();
  EXPECT_GT(memory.available, int64_t{1} << 20);
  EXPECT_LE(memory.available, memory.total);
}

TEST(Machine, CacheFolderFollowsTheEnvironment) {
  const Variable home("HOME", "/home/x");
  const Variable xdg("XDG_CACHE_HOME", nullptr), own("LEXOME_CACHE", nullptr);
  EXPECT_EQ(cache_folder(), "/home/x/.cache/lexome");
  const Variable xdg_set("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(cache_folder(), "/xdg/lexome");
  const Variable own_set("LEXOME_CACHE", "/own");
  EXPECT_EQ(cache_folder(), "/own");
}

TEST(Blas, KernelsFollowTheFlags) {
  CpuInfo cpu;
  cpu.flags = {"avx2", "avx512f", "avx512dq", "avx512bw", "avx512vl"};
  EXPECT_EQ(deserved_core_type(cpu), "");
  cpu.flags.insert("avx512cd");
  EXPECT_EQ(deserved_core_type(cpu), "SkylakeX");
  cpu.flags.insert("avx512_bf16");
  EXPECT_EQ(deserved_core_type(cpu), "Cooperlake");
}

TEST(Blas, MeasuresTheKernelsItWasTold) {
  const auto own = measure_openblas("");
  if (!own) GTEST_SKIP() << "libblas.so.3 is not OpenBLAS here";
  EXPECT_GT(own->gflops, 0.1);
  EXPECT_TRUE(std::filesystem::exists(own->library));
  const auto plain = measure_openblas("Nehalem");  // every x86-64 CPU in use can run these
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->core, "Nehalem");
}

TEST(Blas, UsersChoiceStands) {
  const Variable set("OPENBLAS_CORETYPE", "Haswell");
  const TemporaryFolder folder;
  const Variable cache("LEXOME_CACHE", folder.path().c_str());
  CpuInfo cpu;
  cpu.flags = {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"};
  settle_openblas(cpu);
  EXPECT_EQ(value_of("OPENBLAS_CORETYPE"), "Haswell");
  EXPECT_EQ(folder.entries(), 0u);  // nothing measured
}

TEST(Blas, EarlierVerdictCountsWhileTheLibraryIsTheSame) {
  const auto own = measure_openblas("");
  if (!own) GTEST_SKIP() << "libblas.so.3 is not OpenBLAS here";
  const CpuInfo cpu = cpu_info();
  if (deserved_core_type(cpu).empty()) GTEST_SKIP() << "no AVX-512 here";
  const TemporaryFolder folder;
  const Variable cache("LEXOME_CACHE", folder.path().c_str());
  const Variable unset("OPENBLAS_CORETYPE", nullptr);
  settle_openblas(cpu);
  const std::string kept = slurp(folder / "openblas.tsv");
  ASSERT_EQ(kept.rfind(cpu.model + "\t" + own->library + "\t", 0), 0u) << kept;
  const std::string head = kept.substr(0, kept.rfind('\t') + 1);

  unsetenv("OPENBLAS_CORETYPE");
  spill(folder / "openblas.tsv", head + "Haswell\n");
  settle_openblas(cpu);
  EXPECT_EQ(value_of("OPENBLAS_CORETYPE"), "Haswell");

  // Another library since: the verdict is void, and Haswell kernels are never chosen by
  // measurement.
  unsetenv("OPENBLAS_CORETYPE");
  spill(folder / "openblas.tsv", cpu.model + "\t" + own->library + "\t1:1\tHaswell\n");
  settle_openblas(cpu);
  EXPECT_NE(value_of("OPENBLAS_CORETYPE"), "Haswell");
  EXPECT_EQ(slurp(folder / "openblas.tsv").find("1:1"), std::string::npos);
}

TEST(Environment, ThreadsReachTheLibraries) {
  const Variable core("OPENBLAS_CORETYPE", "Haswell");  // no measurement in this test
  const Variable blas("OPENBLAS_NUM_THREADS", nullptr), omp("OMP_NUM_THREADS", "5");
  Machine machine;
  settle_environment(machine);
  EXPECT_EQ(value_of("OMP_NUM_THREADS"), "5");
  EXPECT_NE(value_of("OPENBLAS_NUM_THREADS"), "(unset)");
  machine.threads = 3;
  settle_environment(machine);
  EXPECT_EQ(value_of("OMP_NUM_THREADS"), "3");
  EXPECT_EQ(value_of("OPENBLAS_NUM_THREADS"), "3");
}

TEST(Engine, MissingAndForeignLibraries) {
  const TemporaryFolder folder;
  EXPECT_NE(lexome_test::message_of<ConfigError>([&] {
              open_engine(folder / "none.so");
            }).find("LEXOME_WITH_TORCH"),
            std::string::npos);
  spill(folder / "text.so", "no library");
  EXPECT_THROW(open_engine(folder / "text.so"), IoError);
  Dl_info zlib{};
  ASSERT_NE(dladdr(reinterpret_cast<const void*>(&zlibVersion), &zlib), 0);
  EXPECT_THROW(open_engine(zlib.dli_fname), FormatError);
}

}  // namespace
}  // namespace lexome
