#include "base/shipped.h"

#include <algorithm>
#include <filesystem>

namespace lexome {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shipped_folders(const std::string& folder) {
  std::error_code unknown;
  const fs::path program = fs::canonical("/proc/self/exe", unknown).parent_path();
  if (unknown) return {};
  return {program / folder, program.parent_path() / folder,
          program.parent_path() / "share/lexome" / folder};
}

}  // namespace

std::string shipped_file(const std::string& folder, const std::string& name) {
  const bool is_file = fs::exists(name) && !fs::is_directory(name);
  if (name == "-" || is_file || name.find('/') != std::string::npos) return name;
  for (const fs::path& place : shipped_folders(folder)) {
    for (const std::string& file : {name, name + ".toml"}) {
      if (fs::is_regular_file(place / file)) return (place / file).string();
    }
  }
  return name;
}

std::vector<std::string> shipped_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code absent;
  for (const fs::path& place : shipped_folders(folder)) {
    for (const auto& entry : fs::directory_iterator(place, absent)) {
      if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
    }
    if (!names.empty()) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lexome
