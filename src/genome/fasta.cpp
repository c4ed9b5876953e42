// FASTA as a stream. Text is taken in blocks: lines are joined without their ends, the joined
// letters are checked together, and only a block that holds something unusual is walked letter by
// letter, which also finds the line an error stands in.
#include "genome/fasta.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "genome/alphabet.h"
#include "genome/letter_block.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kTextBytes = size_t{256} << 10;
constexpr size_t kKindBytes = 4;  // enough for every signature looked for
constexpr size_t kMaxHeaderBytes = size_t{1} << 20;

bool is_space(char letter) { return kBaseOfChar[static_cast<uint8_t>(letter)] == kSpaceChar; }

}  // namespace

struct FastaReader::Impl {
  enum class Event { kBegin, kPiece, kEnd };

  Impl(const std::string& path, int threads) : source(path, threads) {}

  bool refill();
  Event step();
  void skip_to_first_record();
  void read_header();
  void join_lines();
  void join_slowly(size_t from, size_t to, int64_t first_line);
  [[noreturn]] void fail(int64_t at_line, const std::string& what) const {
    throw InputError(fmt::format("{}:{}: {}", source.path(), at_line, what));
  }

  ByteSource source;
  // Left as allocated: both are written before they are read.
  std::unique_ptr<char[]> raw{new char[kTextBytes]}, joined{new char[kTextBytes]};
  size_t used = 0, filled = 0;
  size_t joined_count = 0;
  int64_t line = 1;  // of raw[used]
  int64_t header_line = 0, record_line = 0;
  bool line_start = true, started = false;
  std::string header;
  std::string_view name, description;
  bool pending_record = false;  // next() has seen the header of the record to come
};

bool FastaReader::Impl::refill() {
  used = 0;
  filled = source.read(raw.get(), kTextBytes);
  // A pipe may hand over a byte at a time, and the kind of file shows in the first few.
  for (size_t got = filled; !started && got > 0 && filled < kKindBytes; filled += got) {
    got = source.read(raw.get() + filled, kTextBytes - filled);
  }
  return filled > 0;
}

void FastaReader::Impl::skip_to_first_record() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  bool first = true;
  for (;;) {
    if (used == filled && !refill()) {
      throw InputError(fmt::format("{}: the file is empty", source.path()));
    }
    if (first && std::string_view(raw.get(), filled).substr(0, 3) == kByteOrderMark) {
      used = kByteOrderMark.size();
    }
    first = false;
    for (; used < filled && is_space(raw[used]); ++used) {
      line += raw[used] == '\n';
    }
    if (used == filled) {
      continue;
    }
    const char letter = raw[used];
    if (letter == '>') {
      return;
    }
    const std::string_view rest(raw.get() + used, filled - used);
    if (letter == '@') {
      fail(line, "this looks like FASTQ; turn it into FASTA first (seqtk seq -A)");
    }
    if (rest.substr(0, 4) == "C'A\x1A" || rest.substr(0, 4) ==
                                              "\x1A"
                                              "A'C") {
      fail(line, "this is a .2bit file, not FASTA; give it as a genome (-g)");
    }
    const auto byte = static_cast<uint8_t>(letter);
    fail(line,
         byte < 0x20 || byte >= 0x7f
             ? fmt::format("not FASTA: it starts with {}, not with '>'", quoted_letter(letter))
             : "not FASTA: text before the first '>'");
  }
}

// Takes the header line at raw[used], which may reach into the next blocks.
void FastaReader::Impl::read_header() {
  header.clear();
  ++used;  // '>'
  for (;;) {
    const char* begin = raw.get() + used;
    const void* end = std::memchr(begin, '\n', filled - used);
    const size_t take =
        end != nullptr ? static_cast<size_t>(static_cast<const char*>(end) - begin) : filled - used;
    header.append(begin, take);
    used += take;
    if (header.size() > kMaxHeaderBytes) {
      fail(line, "the header line is longer than 1 MiB; this is not FASTA");
    }
    if (end != nullptr) {
      ++used;
      break;
    }
    if (!refill()) {
      break;
    }
  }
  if (!header.empty() && header.back() == '\r') {
    header.pop_back();
  }
  if (header.find('\r') != std::string::npos) {
    fail(line, "lines end with CR alone; convert the file (tr '\\r' '\\n')");
  }
  if (header.find('\0') != std::string::npos) {
    fail(line, "byte 0x00 in a header; this is not a text file");
  }
  const std::string_view text = header;
  const size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  const size_t stop = std::min(text.find_first_of(" \t", first), text.size());
  name = text.substr(first, stop - first);
  if (name.empty()) {
    fail(line, "the header has no name after '>'");
  }
  if (!is_printable_name(name)) {
    fail(line, "the name in the header has control characters; this is not a text file");
  }
  const size_t rest = std::min(text.find_first_not_of(" \t", stop), text.size());
  const size_t last = text.find_last_not_of(" \t");
  description = rest < text.size() ? text.substr(rest, last + 1 - rest) : std::string_view{};
  header_line = line++;
  line_start = true;
}

// Letters of raw[from, to) into `joined`, one at a time; refuses what is no nucleotide.
void FastaReader::Impl::join_slowly(size_t from, size_t to, int64_t first_line) {
  int64_t at_line = first_line;
  joined_count = 0;
  for (size_t i = from; i < to; ++i) {
    const char letter = raw[i];
    const uint8_t value = kBaseOfChar[static_cast<uint8_t>(letter)];
    if (value == kSpaceChar) {
      at_line += letter == '\n';
    } else if (value <= kN) {
      joined[joined_count++] = letter;
    } else {
      fail(at_line, fmt::format("{} in sequence '{}' is not a nucleotide code{}",
                                quoted_letter(letter), name, letter_hint(letter)));
    }
  }
}

// Sequence lines from raw[used] up to the next header or the end of the block, into `joined`.
void FastaReader::Impl::join_lines() {
  const size_t from = used;
  const int64_t first_line = line;
  joined_count = 0;
  while (used < filled && !(line_start && raw[used] == '>')) {
    const char* begin = raw.get() + used;
    const void* end = std::memchr(begin, '\n', filled - used);
    const size_t whole =
        end != nullptr ? static_cast<size_t>(static_cast<const char*>(end) - begin) : filled - used;
    const size_t letters = whole > 0 && begin[whole - 1] == '\r' ? whole - 1 : whole;
    std::memcpy(joined.get() + joined_count, begin, letters);
    joined_count += letters;
    line_start = end != nullptr;
    line += line_start ? 1 : 0;
    used += whole + (line_start ? 1 : 0);
  }
  if (!all_plain_letters(joined.get(), joined_count)) {
    join_slowly(from, used, first_line);
  }
}

FastaReader::Impl::Event FastaReader::Impl::step() {
  if (!started) {
    skip_to_first_record();
    started = true;
    read_header();
    return Event::kBegin;
  }
  for (;;) {
    if (used == filled && !refill()) {
      return Event::kEnd;
    }
    if (line_start && raw[used] == '>') {
      read_header();
      return Event::kBegin;
    }
    join_lines();
    if (joined_count > 0) {
      return Event::kPiece;
    }
  }
}

FastaReader::FastaReader(const std::string& path, int threads)
    : impl_(std::make_unique<Impl>(path, threads)) {}
FastaReader::~FastaReader() = default;

void FastaReader::read(
    const std::function<void(std::string_view name, std::string_view description)>& begin,
    const std::function<void(std::string_view letters)>& piece) {
  for (;;) {
    switch (impl_->step()) {
      case Impl::Event::kBegin:
        impl_->record_line = impl_->header_line;
        begin(impl_->name, impl_->description);
        break;
      case Impl::Event::kPiece:
        piece({impl_->joined.get(), impl_->joined_count});
        break;
      case Impl::Event::kEnd:
        return;
    }
  }
}

bool FastaReader::next(std::string* name, std::string* description, std::string* letters) {
  Impl& r = *impl_;
  if (!r.pending_record && (r.started || r.step() != Impl::Event::kBegin)) {
    return false;
  }
  r.record_line = r.header_line;
  *name = r.name;
  *description = r.description;
  letters->clear();
  r.pending_record = false;
  for (;;) {
    const Impl::Event event = r.step();
    if (event == Impl::Event::kPiece) {
      letters->append(r.joined.get(), r.joined_count);
    } else {
      r.pending_record = event == Impl::Event::kBegin;
      return true;
    }
  }
}

int64_t FastaReader::line_number() const { return impl_->record_line; }

}  // namespace lexome
