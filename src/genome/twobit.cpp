// Reading .2bit: every offset is checked against the file before it is followed, so a truncated or
// corrupt store is refused with the place that is wrong. Assumes a little-endian machine.
#include "genome/twobit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "genome/alphabet.h"
#include "lexome/error.h"

namespace lexome {
namespace {

static_assert(std::endian::native == std::endian::little, "fetch writes four bases as one integer");

constexpr std::array<Base, 4> kBaseOfCode = {kT, kC, kA, kG};
constexpr size_t kHeaderBytes = 16;

// Four bases of each packed byte, the first in the lowest byte.
constexpr std::array<uint32_t, 256> make_unpack_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t bases = 0;
    for (uint32_t i = 0; i < 4; ++i) {
      bases |= uint32_t{kBaseOfCode[(byte >> (6 - 2 * i)) & 3]} << (8 * i);
    }
    table[byte] = bases;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kUnpack = make_unpack_table();

void unpack(const uint8_t* packed, int64_t start, int64_t end, Base* out) {
  const uint8_t* byte = packed + start / 4;
  const int64_t skip = start % 4;
  if (skip != 0) {
    const uint32_t four = kUnpack[*byte++] >> (8 * skip);
    const int64_t take = std::min<int64_t>(4 - skip, end - start);
    std::memcpy(out, &four, static_cast<size_t>(take));
    out += take;
    start += take;
  }
  const int64_t whole = (end - start) / 4;
  for (int64_t i = 0; i < whole; ++i) {
    std::memcpy(out + 4 * i, &kUnpack[byte[i]], 4);
  }
  const int64_t rest = (end - start) % 4;
  if (rest != 0) {
    std::memcpy(out + 4 * whole, &kUnpack[byte[whole]], static_cast<size_t>(rest));
  }
}

}  // namespace

struct TwoBitFile::BlockCache {
  std::mutex mutex;
  std::vector<std::unique_ptr<std::vector<Block>>> n, mask;
};

TwoBitFile::TwoBitFile(const std::string& path)
    : path_(path), file_(path), cache_(std::make_unique<BlockCache>()) {
  read_index();
  cache_->n.resize(records_.size());
  cache_->mask.resize(records_.size());
}

TwoBitFile::TwoBitFile(TwoBitFile&&) noexcept = default;
TwoBitFile::~TwoBitFile() = default;

void TwoBitFile::fail(const std::string& what) const {
  throw FormatError(fmt::format("{}: {}; make the .2bit again from its FASTA", path_, what));
}

uint32_t TwoBitFile::u32(const std::byte* at) const {
  uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return swapped_ ? __builtin_bswap32(value) : value;
}

Block TwoBitFile::run(const RunList& runs, uint32_t index) const {
  const int64_t start = u32(runs.data + 4 * size_t{index});
  return {start, start + u32(runs.data + 4 * (size_t{runs.count} + index))};
}

void TwoBitFile::read_index() {
  const std::byte* data = file_.bytes().data();
  const size_t size = file_.size();
  if (size < kHeaderBytes) {
    fail(fmt::format("truncated: {} bytes, and the header alone has {}", size, kHeaderBytes));
  }
  const uint32_t signature = u32(data);
  swapped_ = signature == __builtin_bswap32(kTwoBitSignature);
  if (!swapped_ && signature != kTwoBitSignature) {
    throw FormatError(
        fmt::format("{}: not a .2bit file (it starts with 0x{:08x})", path_, signature));
  }
  const uint32_t version = u32(data + 4);
  if (version > 1) {
    throw FormatError(fmt::format("{}: .2bit version {} is newer than 0 and 1, which this reads",
                                  path_, version));
  }
  version_ = static_cast<int>(version);
  const uint32_t count = u32(data + 8);
  const size_t offset_bytes = version == 1 ? 8 : 4;
  if (count > (size - kHeaderBytes) / (1 + offset_bytes)) {
    fail(fmt::format("truncated or corrupt: {} contigs do not fit into {} bytes", count, size));
  }
  records_.resize(count);
  std::unordered_set<std::string_view> seen;
  size_t at = kHeaderBytes;
  for (uint32_t i = 0; i < count; ++i) {
    if (at >= size) {
      fail(fmt::format("truncated: the index ends after {} of {} contigs", i, count));
    }
    const auto name_bytes = static_cast<size_t>(data[at]);
    if (size - at - 1 < name_bytes + offset_bytes) {
      fail(fmt::format("truncated: the index ends after {} of {} contigs", i, count));
    }
    Record& record = records_[i];
    record.name.assign(reinterpret_cast<const char*>(data + at + 1), name_bytes);
    if (record.name.empty()) {
      fail(fmt::format("corrupt: contig {} of the index has no name", i + 1));
    }
    if (!is_printable_name(record.name)) {
      fail(fmt::format("corrupt: the name of contig {} does not print", i + 1));
    }
    if (!seen.insert(record.name).second) {
      fail(fmt::format("corrupt: contig {} stands twice in the index", record.name));
    }
    at += 1 + name_bytes;
    uint64_t offset = 0;
    if (version == 1) {
      std::memcpy(&offset, data + at, 8);
      offset = swapped_ ? __builtin_bswap64(offset) : offset;
    } else {
      offset = u32(data + at);
    }
    at += offset_bytes;
    read_record(&record, offset);
  }
}

void TwoBitFile::read_record(Record* record, uint64_t offset) const {
  const std::byte* data = file_.bytes().data();
  const uint64_t size = file_.size();
  // `at` never passes `size`; every read asks first.
  uint64_t at = offset;
  const auto need = [&](uint64_t bytes, const char* what) {
    if (at > size || size - at < bytes) {
      fail(
          fmt::format("truncated or corrupt: {} of contig {} needs bytes {} to {}, the file has {}",
                      what, record->name, at, at + bytes, size));
    }
  };
  const auto number = [&](const char* what) {
    need(4, what);
    const uint32_t value = u32(data + at);
    at += 4;
    return value;
  };
  const auto run_list = [&](const char* count_name, const char* list_name) {
    RunList runs;
    runs.count = number(count_name);
    need(uint64_t{runs.count} * 8, list_name);
    runs.data = data + at;
    at += uint64_t{runs.count} * 8;
    return runs;
  };
  record->length = number("the length");
  record->n_runs = run_list("the number of N runs", "the list of N runs");
  record->mask_runs = run_list("the number of soft-mask runs", "the list of soft-mask runs");
  number("the reserved field");
  need((static_cast<uint64_t>(record->length) + 3) / 4, "the packed sequence");
  record->packed = reinterpret_cast<const uint8_t*>(data + at);

  int64_t previous_end = 0;
  for (uint32_t i = 0; i < record->n_runs.count; ++i) {
    const Block block = run(record->n_runs, i);
    if (block.start < previous_end || block.end <= block.start || block.end > record->length) {
      fail(fmt::format("corrupt: N run {} of contig {} ({}-{}) is out of order or off the contig",
                       i + 1, record->name, block.start, block.end));
    }
    previous_end = block.end;
  }
}

uint32_t TwoBitFile::first_run_ending_after(const RunList& runs, int64_t position) const {
  // Runs that start at or before the position; only the last of them can reach beyond it.
  uint32_t before = 0, left = runs.count;
  while (left > 0) {
    const uint32_t half = left / 2;
    const bool is_before = u32(runs.data + 4 * (size_t{before} + half)) <= position;
    before = is_before ? before + half + 1 : before;
    left = is_before ? left - half - 1 : half;
  }
  return before > 0 && run(runs, before - 1).end > position ? before - 1 : before;
}

void TwoBitFile::check_range(size_t record, int64_t start, int64_t end) const {
  const int64_t length = records_[record].length;
  if (start < 0 || end < start || end > length) {
    throw InputError(fmt::format("{}: {}:{}-{} is off the contig, which has {} bases", path_,
                                 records_[record].name, start + 1, end, with_commas(length)));
  }
}

void TwoBitFile::fetch(size_t record, int64_t start, int64_t end, Base* out) const {
  check_range(record, start, end);
  const Record& from = records_[record];
  if (start == end) {
    return;
  }
  // A random window misses the cache: its lines are asked for now and come while the runs are
  // searched.
  constexpr int64_t kLine = 64, kLines = 4;
  const uint8_t* first = from.packed + start / 4;
  for (int64_t i = 0; i < kLines && i * kLine <= (end - start) / 4; ++i) {
    __builtin_prefetch(first + i * kLine);
  }
  const uint32_t first_run = first_run_ending_after(from.n_runs, start);
  unpack(from.packed, start, end, out);
  for (uint32_t i = first_run; i < from.n_runs.count; ++i) {
    const Block block = run(from.n_runs, i);
    if (block.start >= end) {
      break;
    }
    const int64_t begin = std::max(block.start, start);
    std::memset(out + (begin - start), kN, static_cast<size_t>(std::min(block.end, end) - begin));
  }
}

int64_t TwoBitFile::count_n(size_t record, int64_t start, int64_t end) const {
  check_range(record, start, end);
  const RunList& runs = records_[record].n_runs;
  int64_t count = 0;
  for (uint32_t i = first_run_ending_after(runs, start); i < runs.count; ++i) {
    const Block block = run(runs, i);
    if (block.start >= end) {
      break;
    }
    count += std::min(block.end, end) - std::max(block.start, start);
  }
  return count;
}

std::vector<Block> TwoBitFile::checked_blocks(const Record& record, const RunList& runs,
                                              const char* what) const {
  std::vector<Block> blocks;
  blocks.reserve(runs.count);
  for (uint32_t i = 0; i < runs.count; ++i) {
    const Block block = run(runs, i);
    const int64_t previous_end = blocks.empty() ? 0 : blocks.back().end;
    if (block.start < previous_end || block.end <= block.start || block.end > record.length) {
      fail(fmt::format("corrupt: {} run {} of contig {} ({}-{}) is out of order or off the contig",
                       what, i + 1, record.name, block.start, block.end));
    }
    blocks.push_back(block);
  }
  return blocks;
}

const std::vector<Block>& TwoBitFile::cached(std::unique_ptr<std::vector<Block>>* slot,
                                             const Record& record, const RunList& runs,
                                             const char* what) const {
  const std::lock_guard<std::mutex> lock(cache_->mutex);
  if (*slot == nullptr) {
    *slot = std::make_unique<std::vector<Block>>(checked_blocks(record, runs, what));
  }
  return **slot;
}

const std::vector<Block>& TwoBitFile::n_blocks(size_t record) const {
  return cached(&cache_->n[record], records_[record], records_[record].n_runs, "N");
}

const std::vector<Block>& TwoBitFile::mask_blocks(size_t record) const {
  return cached(&cache_->mask[record], records_[record], records_[record].mask_runs, "soft-mask");
}

}  // namespace lexome
