// Writing .2bit. Letters are packed 64 at a time with word arithmetic; only blocks that hold
// something else than ACGTU look at single letters. Layout equals UCSC's faToTwoBit byte for byte.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <unordered_set>

#include "genome/alphabet.h"
#include "genome/letter_block.h"
#include "genome/twobit.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kSpoolMemory = size_t{16} << 20;
constexpr int64_t kMaxContig = std::numeric_limits<uint32_t>::max();

std::span<const std::byte> as_bytes(const void* data, size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

// Runs of set bits, fed block by block, as .2bit's two lists.
struct RunBuilder {
  std::vector<uint32_t> starts, sizes;
  int64_t open = -1;  // start of the run in progress

  void add(uint64_t bits, int64_t position, size_t count) {
    const uint64_t inside = open >= 0 ? 1 : 0;
    uint64_t edges = bits ^ ((bits << 1) | inside);
    if (count < kBlockLetters) {
      edges &= (uint64_t{1} << count) - 1;
    }
    for (; edges != 0; edges &= edges - 1) {
      const int64_t at = position + std::countr_zero(edges);
      if (open >= 0) {
        close(at);
      } else {
        open = at;
      }
    }
  }
  void close(int64_t at) {
    if (open >= 0) {
      starts.push_back(static_cast<uint32_t>(open));
      sizes.push_back(static_cast<uint32_t>(at - open));
      open = -1;
    }
  }
  void clear() {
    starts.clear();
    sizes.clear();
    open = -1;
  }
};

// Finished contigs before their place in the output is known: in memory as long as they are small,
// then in a file without a name beside the output, so that nothing remains of it whatever happens.
class Spool {
 public:
  explicit Spool(const std::string& out) : out_(out) {}
  ~Spool() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void write(std::span<const std::byte> bytes) {
    const char* data = reinterpret_cast<const char*>(bytes.data());
    if (buffer_.size() + bytes.size() > kSpoolMemory) {
      flush();
    }
    buffer_.insert(buffer_.end(), data, data + bytes.size());
    size_ += bytes.size();
  }
  uint64_t size() const { return size_; }

  void copy_to(OutputFile* out) {
    if (fd_ < 0) {
      out->write(as_bytes(buffer_.data(), buffer_.size()));
      return;
    }
    flush();
    buffer_.resize(kChunkBytes);
    uint64_t at = 0;
    while (at < size_) {
      const ssize_t got = ::pread(fd_, buffer_.data(), kChunkBytes, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        throw IoError("cannot read the temporary file back", got < 0 ? errno : EIO);
      }
      out->write(as_bytes(buffer_.data(), static_cast<size_t>(got)));
      at += static_cast<uint64_t>(got);
    }
  }

 private:
  void open() {
    std::error_code error;
    std::string folder = out_ == "-" ? std::filesystem::temp_directory_path(error).string()
                                     : std::filesystem::path(out_).parent_path().string();
    name_ = (folder.empty() ? std::string(".") : folder) + "/.lexome-spool-XXXXXX";
    fd_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (fd_ < 0) {
      throw IoError(fmt::format("cannot make a temporary file beside {}", out_), errno);
    }
    ::unlink(name_.c_str());
  }
  void flush() {
    if (fd_ < 0) {
      open();
    }
    write_through(buffer_.data(), buffer_.size());
    buffer_.clear();
  }
  void write_through(const char* data, size_t size) {
    while (size > 0) {
      const ssize_t put = ::write(fd_, data, size);
      if (put < 0 && errno == EINTR) {
        continue;
      }
      if (put <= 0) {
        throw IoError(fmt::format("cannot write the temporary file {}", name_),
                      put < 0 ? errno : EIO);
      }
      data += put;
      size -= static_cast<size_t>(put);
    }
  }

  std::string out_, name_;
  int fd_ = -1;
  std::vector<char> buffer_;
  uint64_t size_ = 0;
};

}  // namespace

struct TwoBitWriter::Impl {
  struct Entry {
    std::string name;
    uint64_t spool_offset = 0;
  };

  Impl(const std::string& path, bool force) : output(path, force), spool(path) {}

  void flush_block(const char* letters, size_t count);
  template <class Sink>
  void write_record(Sink* sink) const;
  void add_others(const char* letters, size_t count, uint64_t bits);
  uint8_t* next_packed();
  [[noreturn]] void refuse(char letter, int64_t position) const;

  OutputFile output;
  Spool spool;
  std::vector<Entry> entries;
  std::unordered_set<std::string> names;
  bool version1 = false;

  // The contig in progress.
  bool in_contig = false;
  bool waiting =
      false;            // a whole contig is in memory, not in the spool: the last goes straight out
  int64_t flushed = 0;  // letters already packed; pending ones follow
  LetterCounts counts;
  RunBuilder n_runs, mask_runs;
  std::array<char, kBlockLetters> pending{};
  size_t pending_count = 0;
  std::vector<std::unique_ptr<uint8_t[]>> chunks;  // kept from contig to contig
  uint64_t packed_bytes = 0;
};

uint8_t* TwoBitWriter::Impl::next_packed() {
  const uint64_t chunk = packed_bytes / kChunkBytes;
  if (chunk == chunks.size()) {
    chunks.emplace_back(new uint8_t[kChunkBytes]);
  }
  uint8_t* at = chunks[chunk].get() + packed_bytes % kChunkBytes;
  packed_bytes += kBlockBytes;
  return at;
}

void TwoBitWriter::Impl::refuse(char letter, int64_t position) const {
  throw InputError(fmt::format("{}:{}: {} is not a nucleotide code{}", entries.back().name,
                               position + 1, quoted_letter(letter), letter_hint(letter)));
}

void TwoBitWriter::Impl::add_others(const char* letters, size_t count, uint64_t bits) {
  for (; bits != 0; bits &= bits - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(bits));
    if (i >= count) {
      return;
    }
    const char letter = letters[i];
    if (kBaseOfChar[static_cast<uint8_t>(letter)] != kN) {
      refuse(letter, flushed + static_cast<int64_t>(i));
    }
    ++counts.n;
    if (letter == '-' || letter == '.' || letter == '*') {
      ++counts.gaps;
    } else if ((letter & 0xDF) != 'N') {
      ++counts.iupac;
    }
  }
}

// `letters` holds a whole block; only the first `count` belong to the contig.
void TwoBitWriter::Impl::flush_block(const char* letters, size_t count) {
  BlockBits bits = classify_block(letters);
  if (flushed + static_cast<int64_t>(count) > kMaxContig) {
    throw InputError(fmt::format("contig {} is longer than {} bases, the most a .2bit can hold",
                                 entries.back().name, kMaxContig));
  }
  const uint64_t inside = count < kBlockLetters ? (uint64_t{1} << count) - 1 : ~uint64_t{0};
  bits.other &= inside;
  bits.lower &= inside;
  if (bits.other == 0) {
    pack_block(letters, next_packed());
  } else {
    add_others(letters, count, bits.other);
    // Gaps have bit 5 set ('-' is 0x2d) but no case.
    std::array<char, kBlockLetters> clean;
    std::copy_n(letters, kBlockLetters, clean.begin());
    for (uint64_t left = bits.other; left != 0; left &= left - 1) {
      const auto i = static_cast<size_t>(std::countr_zero(left));
      if ((letters[i] & 0x40) == 0) {
        bits.lower &= ~(uint64_t{1} << i);
      }
      clean[i] = 'T';  // code 0, as UCSC writes N
    }
    pack_block(clean.data(), next_packed());
  }
  if (bits.uracil) {
    counts.uracil +=
        std::count_if(letters, letters + count, [](char c) { return (c & 0xDF) == 'U'; });
  }
  counts.masked += std::popcount(bits.lower);
  n_runs.add(bits.other, flushed, count);
  mask_runs.add(bits.lower, flushed, count);
  flushed += static_cast<int64_t>(count);
}

template <class Sink>
void TwoBitWriter::Impl::write_record(Sink* sink) const {
  const auto number = [&](size_t value) {
    const auto narrow = static_cast<uint32_t>(value);
    sink->write(as_bytes(&narrow, sizeof narrow));
  };
  const auto list = [&](const std::vector<uint32_t>& values) {
    sink->write(as_bytes(values.data(), values.size() * sizeof(uint32_t)));
  };
  number(static_cast<size_t>(flushed));
  for (const RunBuilder* runs : {&n_runs, &mask_runs}) {
    number(runs->starts.size());
    list(runs->starts);
    list(runs->sizes);
  }
  number(0);  // reserved
  uint64_t left = (static_cast<uint64_t>(flushed) + 3) / 4;
  for (size_t chunk = 0; left > 0; ++chunk) {
    const uint64_t take = std::min<uint64_t>(left, kChunkBytes);
    sink->write(as_bytes(chunks[chunk].get(), take));
    left -= take;
  }
}

TwoBitWriter::TwoBitWriter(const std::string& path, bool force)
    : impl_(std::make_unique<Impl>(path, force)) {}
TwoBitWriter::~TwoBitWriter() = default;

void TwoBitWriter::begin_contig(const std::string& name, const std::string& where) {
  const std::string prefix = where.empty() ? "" : where + ": ";
  if (impl_->in_contig) {
    throw InternalError("TwoBitWriter: begin_contig inside a contig");
  }
  if (name.empty() || name.size() > 255) {
    throw InputError(fmt::format("{}contig name '{}' has {} bytes; .2bit holds 1 to 255", prefix,
                                 name.substr(0, 40), name.size()));
  }
  if (!impl_->names.insert(name).second) {
    throw InputError(
        fmt::format("{}contig name '{}' occurs twice; rename one of them", prefix, name));
  }
  if (impl_->waiting) {
    impl_->write_record(&impl_->spool);
    impl_->waiting = false;
  }
  impl_->entries.push_back({name, impl_->spool.size()});
  impl_->in_contig = true;
  impl_->flushed = 0;
  impl_->counts = {};
  impl_->n_runs.clear();
  impl_->mask_runs.clear();
  impl_->packed_bytes = 0;
}

void TwoBitWriter::append(const char* letters, size_t count) {
  Impl& w = *impl_;
  if (!w.in_contig) {
    throw InternalError("TwoBitWriter: append outside a contig");
  }
  if (w.pending_count > 0) {
    const size_t take = std::min(count, kBlockLetters - w.pending_count);
    std::copy_n(letters, take, w.pending.begin() + static_cast<ptrdiff_t>(w.pending_count));
    w.pending_count += take;
    letters += take;
    count -= take;
    if (w.pending_count < kBlockLetters) {
      return;
    }
    w.flush_block(w.pending.data(), kBlockLetters);
    w.pending_count = 0;
  }
  for (; count >= kBlockLetters; count -= kBlockLetters, letters += kBlockLetters) {
    w.flush_block(letters, kBlockLetters);
  }
  std::copy_n(letters, count, w.pending.begin());
  w.pending_count = count;
}

void TwoBitWriter::end_contig() {
  Impl& w = *impl_;
  if (!w.in_contig) {
    throw InternalError("TwoBitWriter: end_contig outside a contig");
  }
  if (w.pending_count > 0) {
    std::fill(w.pending.begin() + static_cast<ptrdiff_t>(w.pending_count), w.pending.end(), 'T');
    w.flush_block(w.pending.data(), w.pending_count);
    w.pending_count = 0;
  }
  w.n_runs.close(w.flushed);
  w.mask_runs.close(w.flushed);
  w.in_contig = false;
  w.waiting = true;
}

void TwoBitWriter::finish() {
  Impl& w = *impl_;
  if (w.in_contig) {
    throw InternalError("TwoBitWriter: finish inside a contig");
  }
  const auto index_end = [&](uint64_t offset_bytes) {
    uint64_t end = 16;
    for (const Impl::Entry& entry : w.entries) {
      end += 1 + entry.name.size() + offset_bytes;
    }
    return end;
  };
  const uint64_t last = w.entries.empty() ? 0 : w.entries.back().spool_offset;
  const bool wide = w.version1 || index_end(4) + last > std::numeric_limits<uint32_t>::max();
  const uint64_t data_start = index_end(wide ? 8 : 4);
  const uint32_t header[4] = {kTwoBitSignature, wide ? 1u : 0u,
                              static_cast<uint32_t>(w.entries.size()), 0};
  w.output.write(as_bytes(header, sizeof header));
  for (const Impl::Entry& entry : w.entries) {
    const auto name_bytes = static_cast<uint8_t>(entry.name.size());
    w.output.write(as_bytes(&name_bytes, 1));
    w.output.write(entry.name);
    const uint64_t offset = data_start + entry.spool_offset;
    const auto narrow = static_cast<uint32_t>(offset);
    w.output.write(wide ? as_bytes(&offset, 8) : as_bytes(&narrow, 4));
  }
  w.spool.copy_to(&w.output);
  if (w.waiting) {
    w.write_record(&w.output);
  }
  w.output.commit();
}

int64_t TwoBitWriter::iupac_in_contig() const { return impl_->counts.iupac + impl_->counts.gaps; }
const LetterCounts& TwoBitWriter::counts() const { return impl_->counts; }
int64_t TwoBitWriter::length() const {
  return impl_->flushed + static_cast<int64_t>(impl_->pending_count);
}
void TwoBitWriter::use_version1() { impl_->version1 = true; }

}  // namespace lexome
