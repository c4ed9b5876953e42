// CPU and memory from /proc, limits from the control group.
#include "base/machine.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace lexome {
namespace {

// The value of a "name : value" line, or "".
std::string value_of(const std::string& line, const char* name) {
  const size_t colon = line.find(':');
  if (colon == std::string::npos || trim(line.substr(0, colon)) != name) return {};
  return std::string(trim(std::string_view(line).substr(colon + 1)));
}

// One number in a file of its own; -1 when there is none ("max", no such file).
int64_t number_in(const std::string& path) {
  std::ifstream in(path);
  std::string word;
  int64_t value = -1;
  return in >> word && parse_int(word, &value) ? value : -1;
}

}  // namespace

CpuInfo cpu_info() {
  CpuInfo info;
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line) && !line.empty();) {
    if (const std::string model = value_of(line, "model name"); !model.empty()) info.model = model;
    std::istringstream words(value_of(line, "flags"));
    for (std::string word; words >> word;) info.flags.insert(word);
  }
  return info;
}

MemoryInfo memory_info() {
  MemoryInfo info;
  std::ifstream in("/proc/meminfo");
  for (std::string line; std::getline(in, line);) {
    const auto kib = [&](const char* name) {
      const std::string value = value_of(line, name);
      int64_t number = 0;
      return parse_int(value.substr(0, value.find(' ')), &number) ? number * 1024 : int64_t{0};
    };
    info.total = std::max(info.total, kib("MemTotal"));
    info.available = std::max(info.available, kib("MemAvailable"));
  }
  // The group's own files as seen inside a container (version 2, then version 1).
  const std::pair<const char*, const char*> groups[] = {
      {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes",
       "/sys/fs/cgroup/memory/memory.usage_in_bytes"}};
  for (const auto& [limit_path, used_path] : groups) {
    const int64_t limit = number_in(limit_path), used = std::max<int64_t>(0, number_in(used_path));
    if (limit <= 0 || limit >= info.total) continue;
    info.total = limit;
    info.available = std::min(info.available, std::max<int64_t>(0, limit - used));
  }
  return info;
}

std::string cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string own = variable("LEXOME_CACHE"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/lexome";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/lexome";
  return std::filesystem::temp_directory_path().string() + "/lexome-cache";
}

}  // namespace lexome
