// What this machine is: CPU, memory, folders for caches. Read from the system on each call; nothing
// is kept.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace lexome {

struct CpuInfo {
  std::string model = "unknown CPU";
  std::set<std::string> flags;  // as Linux names them: "avx2", "avx512f", "amx_bf16"
  bool has(const char* flag) const { return flags.count(flag) != 0; }
};
CpuInfo cpu_info();

struct MemoryInfo {
  int64_t total = 0;      // bytes this process may use, control group limits respected
  int64_t available = 0;  // of these, free or easily freed now
};
MemoryInfo memory_info();

// $LEXOME_CACHE, else $XDG_CACHE_HOME/lexome, else ~/.cache/lexome, else a folder for temporaries.
// Not made.
std::string cache_folder();

}  // namespace lexome
