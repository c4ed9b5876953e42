// Outputs that are never half-written: bytes go to a temporary beside the target, which is renamed
// over it on commit. Devices, pipes and stdout are written straight. Names ending in .gz become
// BGZF (the SAM specification's blocked gzip), which every gzip reads.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#if __has_include(<zlib.h>)
#include <zlib.h>
#define LEXOME_HAS_ZLIB 1
#else
#define LEXOME_HAS_ZLIB 0
#endif

#include "base/file.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kBufferSize = 1 << 18;
constexpr size_t kBgzfInput = 0xff00;  // bytes of text a block, as htslib's bgzip uses

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// The file a path leads to: a link is followed, so that writing through it keeps it a link.
std::string follow_link(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? std::string(resolved) : path;
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Devices and pipes cannot be renamed over and hold no old content to protect.
bool is_stream(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

std::string temporary_beside(const std::string& path) {
  static std::atomic<int> count{0};
  const std::filesystem::path target(path);
  const std::string name = "." + target.filename().string() + "." + std::to_string(getpid()) + "." +
                           std::to_string(count++) + ".part";
  return (std::filesystem::path(folder_of(path)) / name).string();
}

int create_new(const std::string& temporary, const std::string& path) {
  const int fd = open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    throw IoError("cannot write " + path + " (folder " + folder_of(path) + ")", errno);
  }
  return fd;
}

void check_target(const std::string& path, bool force) {
  if (path.empty()) throw ConfigError("the output has no name");
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !force) {
    throw ConfigError("output " + path + " exists; remove it or give --force to replace it");
  }
}

}  // namespace

void check_output(const std::string& path, bool force) {
  if (path == "-" || is_stream(path)) return;
  check_target(path, force);
  // Trying is the only honest test: permissions do not tell of read-only mounts and of quotas.
  std::string plain = path;
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  const TemporaryPath trial(temporary_beside(plain));
  close(create_new(trial.path(), plain));
}

struct OutputFile::Impl {
  std::string path;    // as the user named it
  std::string target;  // links followed
  std::optional<TemporaryPath> temporary;
  int fd = -1;
  bool is_direct = false;  // stdout, a device or a pipe
  bool is_bgzf = false;
  std::string buffer;
  uint64_t position = 0;  // bytes handed to write(), before compression
#if LEXOME_HAS_ZLIB
  std::optional<z_stream> deflater;
#endif

  ~Impl() {
#if LEXOME_HAS_ZLIB
    if (deflater) deflateEnd(&*deflater);
#endif
    if (fd > STDERR_FILENO) close(fd);
  }

  [[noreturn]] void fail(int reason) {
    buffer.clear();
    if (reason == EPIPE) throw Interrupted(SIGPIPE, "the reader of " + path + " has gone");
    throw IoError("cannot write " + (path == "-" ? std::string("standard output") : path), reason);
  }

  void put(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(fd, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(errno);
      text.remove_prefix(static_cast<size_t>(written));
    }
  }

  void put_block(std::string_view text);

  void drain() {
    if (is_bgzf) {
      for (std::string_view rest = buffer; !rest.empty();) {
        put_block(rest.substr(0, kBgzfInput));
        rest.remove_prefix(std::min(rest.size(), kBgzfInput));
      }
    } else {
      put(buffer);
    }
    buffer.clear();
  }

  void write(std::string_view text) {
    position += text.size();
    if (!is_bgzf && text.size() >= kBufferSize) {
      drain();
      put(text);
      return;
    }
    if (!is_bgzf) {
      if (buffer.size() + text.size() > kBufferSize) drain();
      buffer += text;
      return;
    }
    while (!text.empty()) {  // whole blocks, so that the file does not depend on how it was written
      const std::string_view piece = text.substr(0, kBgzfInput - buffer.size());
      buffer += piece;
      text.remove_prefix(piece.size());
      if (buffer.size() == kBgzfInput) drain();
    }
  }
};

#if LEXOME_HAS_ZLIB
// One gzip member: an 18-byte header whose BC field holds the block's size, raw deflate, CRC,
// length.
void OutputFile::Impl::put_block(std::string_view text) {
  if (!deflater) {
    deflater.emplace();
    std::memset(&*deflater, 0, sizeof(z_stream));
    if (deflateInit2(&*deflater, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw InternalError("zlib refused to start");
    }
  }
  unsigned char out[1 << 16] = {31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 'B', 'C', 2, 0};
  constexpr size_t kHead = 18, kTail = 8;
  z_stream& z = *deflater;
  deflateReset(&z);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = out + kHead;
  z.avail_out = sizeof out - kHead - kTail;
  if (deflate(&z, Z_FINISH) != Z_STREAM_END) throw InternalError("a BGZF block did not fit");
  const size_t size = kHead + z.total_out + kTail;
  out[16] = static_cast<unsigned char>((size - 1) & 0xff);
  out[17] = static_cast<unsigned char>((size - 1) >> 8);
  const auto* data = reinterpret_cast<const Bytef*>(text.data());
  const uint32_t tail[2] = {
      static_cast<uint32_t>(crc32(crc32(0, nullptr, 0), data, static_cast<uInt>(text.size()))),
      static_cast<uint32_t>(text.size())};
  for (size_t i = 0; i < kTail; ++i) {
    out[size - kTail + i] = static_cast<unsigned char>(tail[i / 4] >> (8 * (i % 4)) & 0xff);
  }
  put({reinterpret_cast<const char*>(out), size});
}
#else
void OutputFile::Impl::put_block(std::string_view) {
  throw ConfigError("this build has no zlib: give an output name that does not end in .gz");
}
#endif

OutputFile::OutputFile(const std::string& path, bool force) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->is_bgzf = ends_with(path, ".gz");
  if (path == "-") {
    impl_->is_direct = true;
    impl_->fd = STDOUT_FILENO;
  } else if (is_stream(path)) {
    impl_->is_direct = true;
    impl_->fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (impl_->fd < 0) throw IoError("cannot write " + path, errno);
  } else {
    check_target(path, force);
    impl_->target = follow_link(path);
    if (std::filesystem::is_directory(impl_->target)) {
      throw IoError("cannot write " + path + ": it is a folder");
    }
    const std::string temporary = temporary_beside(impl_->target);
    impl_->fd = create_new(temporary, path);
    impl_->temporary.emplace(temporary);
  }
}

OutputFile::~OutputFile() {
  // What stood in the stream's buffer before a failure was good: hand it on if the reader still
  // takes it.
  if (impl_->is_direct && !impl_->is_bgzf && !impl_->buffer.empty()) {
    const ssize_t ignored = ::write(impl_->fd, impl_->buffer.data(), impl_->buffer.size());
    static_cast<void>(ignored);
  }
}

void OutputFile::write(std::string_view text) { impl_->write(text); }

void OutputFile::write(std::span<const std::byte> bytes) {
  impl_->write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void OutputFile::write_at(uint64_t offset, std::span<const std::byte> bytes) {
  if (impl_->is_direct || impl_->is_bgzf) {
    throw ConfigError("cannot write " + impl_->path + ": this format needs a plain file");
  }
  if (offset + bytes.size() > impl_->position) throw InternalError("write_at beyond the end");
  impl_->drain();
  while (!bytes.empty()) {
    const ssize_t done = pwrite(impl_->fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) impl_->fail(errno);
    bytes = bytes.subspan(static_cast<size_t>(done));
    offset += static_cast<uint64_t>(done);
  }
}

uint64_t OutputFile::position() const { return impl_->position; }

void OutputFile::flush() { impl_->drain(); }

void OutputFile::commit() {
  static constexpr std::string_view kBgzfEnd(
      "\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0", 28);
  impl_->drain();
  if (impl_->is_bgzf) impl_->put(kBgzfEnd);
  if (impl_->is_direct) {
    if (impl_->fd == STDOUT_FILENO) return;
    const int fd = std::exchange(impl_->fd, -1);
    if (close(fd) != 0) impl_->fail(errno);
    return;
  }
  if (fsync(impl_->fd) != 0) impl_->fail(errno);
  const int fd = std::exchange(impl_->fd, -1);
  if (close(fd) != 0) impl_->fail(errno);
  if (rename(impl_->temporary->path().c_str(), impl_->target.c_str()) != 0) impl_->fail(errno);
  impl_->temporary->release();
  sync_folder(folder_of(impl_->target));
}

}  // namespace lexome
