#include "base/output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "lexome/error.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string checked(const std::string& path, const std::string& marker, const std::string& what,
                    bool force) {
  if (path == "-") throw ConfigError("the output is a folder and cannot go to a stream");
  const std::string target = without_slash(path);
  if (fs::is_directory(target) && !fs::is_empty(target) && !fs::exists(target + "/" + marker)) {
    throw ConfigError(
        fmt::format("{} holds other files than {}: give the name of a new folder", target, what));
  }
  check_output(target, force);
  return target;
}

}  // namespace

OutputFolder::OutputFolder(const std::string& path, const std::string& marker,
                           const std::string& what, bool force)
    : target_(checked(path, marker, what, force)),
      beside_(fmt::format("{}.tmp.{}", target_, ::getpid())) {
  std::error_code failure;
  fs::create_directories(beside_.path(), failure);
  if (failure) throw IoError(fmt::format("cannot create {}", beside_.path()), failure.value());
}

void OutputFolder::commit() {
  sync_folder(beside_.path());
  std::error_code failure;
  std::optional<TemporaryPath> old;
  if (fs::exists(target_)) {
    old.emplace(fmt::format("{}.old.{}", target_, ::getpid()));
    fs::rename(target_, old->path(), failure);
    if (failure) {
      throw IoError(fmt::format("cannot move the old {} away", target_), failure.value());
    }
  }
  fs::rename(beside_.path(), target_, failure);
  if (failure) throw IoError(fmt::format("cannot put {} in place", target_), failure.value());
  beside_.release();
}

}  // namespace lexome
