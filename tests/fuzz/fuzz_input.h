// What the fuzz targets share: the input as a file, because readers take paths, and the rule that
// only lexome's own errors may come out. Anything else ends the target and is a bug.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/log.h"
#include "lexome/error.h"

namespace lexome {

// The input as a file in memory; gone with the object.
class InputFile {
 public:
  InputFile(const uint8_t* data, size_t size) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    while (fd_ >= 0 && size > 0) {
      const ssize_t put = ::write(fd_, data, size);
      if (put <= 0) {
        std::abort();
      }
      data += put;
      size -= static_cast<size_t>(put);
    }
  }
  ~InputFile() { ::close(fd_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

// True when the action went through, false when it refused the input as it should. Every message
// must be one line.
template <class Action>
bool passes(Action action) {
  log::set_verbosity(-1);
  try {
    action();
    return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal ||
        std::string(error.what()).find('\n') != std::string::npos) {
      std::abort();
    }
    return false;
  }
}

// A promise that must hold for every input.
inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace lexome
