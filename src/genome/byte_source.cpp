// Bytes of files and streams, decompressed. The only file that knows htslib; without it
// (LEXOME_HTSLIB undefined) plain files still read and a compressed one is refused with the remedy.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "genome/fasta.h"
#include "lexome/error.h"

#ifdef LEXOME_HTSLIB
#include <htslib/bgzf.h>
#include <htslib/hfile.h>
#include <htslib/hts.h>
#include <htslib/hts_log.h>
#endif

namespace lexome {
namespace {

int open_for_reading(const std::string& path, const std::string& shown) {
  const int fd = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    throw IoError(fmt::format("cannot open {}", shown), errno);
  }
  struct stat status {};
  const bool folder = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  if (folder) {
    ::close(fd);
    throw IoError(fmt::format("cannot read {}", shown), EISDIR);
  }
  return fd;
}

bool is_gzip(const char* head, size_t count) {
  return count >= 2 && head[0] == '\x1f' && head[1] == '\x8b';
}

}  // namespace

#ifdef LEXOME_HTSLIB

struct ByteSource::Impl {
  std::string path, shown;
  hFILE* plain = nullptr;  // of the two, the one in use
  BGZF* compressed = nullptr;

  Impl(const std::string& source, int threads)
      : path(source), shown(source == "-" ? "standard input" : source) {
    const int fd = open_for_reading(path, shown);
    plain = hdopen(fd, "r");
    if (plain == nullptr) {
      const int reason = errno;
      ::close(fd);
      throw IoError(fmt::format("cannot read {}", shown), reason);
    }
    char head[2];
    const ssize_t got = hpeek(plain, head, sizeof head);
    if (got >= 0 && is_gzip(head, static_cast<size_t>(got))) {
      open_gzip(threads);
    }
  }
  ~Impl() {
    if (compressed != nullptr) {
      bgzf_close(compressed);
    }
    if (plain != nullptr) {
      hclose_abruptly(plain);
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open_gzip(int threads) {
    hts_set_log_level(HTS_LOG_OFF);  // its failures become our errors, said once
    compressed = bgzf_hopen(plain, "r");
    if (compressed == nullptr) {
      hclose_abruptly(plain);
      plain = nullptr;
      throw damaged();
    }
    plain = nullptr;
    // Only BGZF has blocks that can be decompressed side by side.
    if (threads > 1 && bgzf_compression(compressed) == htsCompression::bgzf) {
      constexpr int kBlocksPerThread = 64;
      bgzf_mt(compressed, threads, kBlocksPerThread);
    }
  }

  InputError damaged() const {
    return InputError(
        fmt::format("{}: truncated or damaged gzip data; fetch or compress the file again", shown));
  }

  size_t read(char* buffer, size_t capacity) {
    if (compressed == nullptr) {
      const ssize_t got = hread(plain, buffer, capacity);
      if (got < 0) {
        throw IoError(fmt::format("cannot read {}", shown), errno);
      }
      return static_cast<size_t>(got);
    }
    const ssize_t got = bgzf_read(compressed, buffer, capacity);
    // The last block of BGZF is an empty one, so a file cut between blocks still shows.
    if (got < 0 || (got == 0 && compressed->no_eof_block)) {
      throw damaged();
    }
    return static_cast<size_t>(got);
  }
};

#else

struct ByteSource::Impl {
  std::string path, shown;
  int fd = -1;
  char head[2];  // bytes looked at before the kind was known
  size_t head_count = 0, head_used = 0;

  Impl(const std::string& source, int)
      : path(source), shown(source == "-" ? "standard input" : source) {
    fd = open_for_reading(path, shown);
    while (head_count < sizeof head) {
      const size_t got = read_fd(head + head_count, sizeof head - head_count);
      if (got == 0) {
        break;
      }
      head_count += got;
    }
    if (is_gzip(head, head_count)) {
      ::close(fd);
      throw InputError(fmt::format(
          "{}: gzip data, and this build has no htslib; decompress it first (gunzip -c)", shown));
    }
  }
  ~Impl() { ::close(fd); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  size_t read_fd(char* buffer, size_t capacity) {
    for (;;) {
      const ssize_t got = ::read(fd, buffer, capacity);
      if (got >= 0) {
        return static_cast<size_t>(got);
      }
      if (errno != EINTR) {
        throw IoError(fmt::format("cannot read {}", shown), errno);
      }
    }
  }

  size_t read(char* buffer, size_t capacity) {
    const size_t take = std::min(capacity, head_count - head_used);
    if (take > 0) {
      std::memcpy(buffer, head + head_used, take);
      head_used += take;
      return take;
    }
    return read_fd(buffer, capacity);
  }
};

#endif

ByteSource::ByteSource(const std::string& path, int threads)
    : impl_(std::make_unique<Impl>(path, threads)) {}
ByteSource::~ByteSource() = default;
size_t ByteSource::read(char* buffer, size_t capacity) { return impl_->read(buffer, capacity); }
const std::string& ByteSource::path() const { return impl_->shown; }

struct LineReader::Impl {
  ByteSource source;
  std::string buffer;
  size_t begin = 0;  // of what is not handed out yet
  int64_t line = 0;
  bool at_end = false;

  explicit Impl(const std::string& path) : source(path) {}
};

LineReader::LineReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
LineReader::~LineReader() = default;

bool LineReader::next(std::string_view* line) {
  constexpr size_t kReadBytes = size_t{64} << 10;
  Impl& r = *impl_;
  size_t searched = r.begin;
  for (;;) {
    const size_t end = r.buffer.find('\n', searched);
    if (end != std::string::npos || (r.at_end && r.begin < r.buffer.size())) {
      const size_t stop = end == std::string::npos ? r.buffer.size() : end;
      *line = std::string_view(r.buffer).substr(r.begin, stop - r.begin);
      if (!line->empty() && line->back() == '\r') {
        line->remove_suffix(1);
      }
      r.begin = std::min(stop + 1, r.buffer.size());
      ++r.line;
      return true;
    }
    if (r.at_end) {
      return false;
    }
    r.buffer.erase(0, r.begin);
    r.begin = 0;
    searched = r.buffer.size();
    r.buffer.resize(searched + kReadBytes);
    const size_t got = r.source.read(r.buffer.data() + searched, kReadBytes);
    r.buffer.resize(searched + got);
    r.at_end = got == 0;
  }
}

int64_t LineReader::line_number() const { return impl_->line; }
const std::string& LineReader::path() const { return impl_->source.path(); }

}  // namespace lexome
