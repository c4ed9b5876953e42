// Read-only memory maps and small whole files.
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lexome/error.h"

namespace lexome {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_to_read(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw IoError("cannot open " + path, errno);
  return fd;
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const Descriptor file(open_to_read(path));
  struct stat info {};
  if (fstat(file.get(), &info) != 0) throw IoError("cannot read " + path, errno);
  if (S_ISDIR(info.st_mode)) throw IoError("cannot read " + path + ": it is a folder");
  if (!S_ISREG(info.st_mode)) {
    throw IoError("cannot map " + path + ": not a regular file; save the stream to a file first");
  }
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw IoError("cannot map " + path, errno);
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

std::string read_text_file(const std::string& path) {
  const Descriptor file(path == "-" ? STDIN_FILENO : open_to_read(path));
  std::string text;
  constexpr size_t kStep = 1 << 16;
  for (;;) {
    const size_t held = text.size();
    text.resize(held + kStep);
    const ssize_t got = read(file.get(), text.data() + held, kStep);
    if (got < 0 && errno != EINTR) throw IoError("cannot read " + path, errno);
    text.resize(held + static_cast<size_t>(got > 0 ? got : 0));
    if (got == 0) return text;
  }
}

void write_text_file(const std::string& path, std::string_view text) {
  OutputFile out(path, true);
  out.write(text);
  out.commit();
}

void sync_folder(const std::string& path) {
  const Descriptor folder(open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY));
  if (folder.get() < 0) throw IoError("cannot open folder " + path, errno);
  // Some file systems cannot sync a folder and say EINVAL; their renames are as safe as they get.
  if (fsync(folder.get()) != 0 && errno != EINVAL) throw IoError("cannot sync " + path, errno);
}

}  // namespace lexome
