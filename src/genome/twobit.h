// UCSC's .2bit format: reading by memory map (versions 0 and 1, either byte order) and writing.
// Two bits a base, T=0 C=1 A=2 G=3, first base in the high bits; N and soft-mask runs as block
// lists.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "lexome/bases.h"
#include "lexome/genome.h"

namespace lexome {

// "2bit" as a number; a file of the other byte order starts with it swapped.
inline constexpr uint32_t kTwoBitSignature = 0x1A412743;

// A .2bit file with random access; thread-safe. Opening checks every offset and the N runs; the
// runs of the soft mask, of which a mammal has millions, stay in the map and are checked when first
// asked for.
class TwoBitFile {
 public:
  explicit TwoBitFile(const std::string& path);  // IoError, FormatError (truncated, corrupt)
  TwoBitFile(TwoBitFile&&) noexcept;
  ~TwoBitFile();

  // A list of runs as it stands in the file: `count` starts, then `count` lengths, 32 bits each.
  struct RunList {
    const std::byte* data = nullptr;
    uint32_t count = 0;
  };
  struct Record {
    std::string name;
    int64_t length = 0;
    RunList n_runs, mask_runs;
    const uint8_t* packed = nullptr;
  };
  const std::vector<Record>& records() const { return records_; }
  int version() const { return version_; }
  bool swapped() const { return swapped_; }

  // Bases of [start, end) into `out`. InputError when the range is off the record.
  void fetch(size_t record, int64_t start, int64_t end, Base* out) const;
  int64_t count_n(size_t record, int64_t start, int64_t end) const;
  // Runs of N and of soft-masked bases, ordered and disjoint; made on the first call, then kept.
  const std::vector<Block>& n_blocks(size_t record) const;
  const std::vector<Block>& mask_blocks(size_t record) const;

 private:
  struct BlockCache;
  uint32_t u32(const std::byte* at) const;
  Block run(const RunList& runs, uint32_t index) const;
  uint32_t first_run_ending_after(const RunList& runs, int64_t position) const;
  void check_range(size_t record, int64_t start, int64_t end) const;
  std::vector<Block> checked_blocks(const Record& record, const RunList& runs,
                                    const char* what) const;
  [[noreturn]] void fail(const std::string& what) const;
  void read_index();
  void read_record(Record* record, uint64_t offset) const;
  const std::vector<Block>& cached(std::unique_ptr<std::vector<Block>>* slot, const Record& record,
                                   const RunList& runs, const char* what) const;

  std::string path_;
  MappedFile file_;
  bool swapped_ = false;
  int version_ = 0;
  std::vector<Record> records_;
  std::unique_ptr<BlockCache> cache_;
};

// Letters of a contig that were not kept as they stood.
struct LetterCounts {
  int64_t n = 0;       // all that became N, N itself included
  int64_t masked = 0;  // lower case
  int64_t iupac = 0;   // ambiguity letters other than N
  int64_t gaps = 0;    // - . *
  int64_t uracil = 0;  // U, kept as T
};

// Writes a .2bit contig by contig with bounded memory (one packed contig at a time). Finished
// contigs wait in an unnamed spool file, because the index that precedes them is known only at the
// end. Version 1 (64-bit offsets) is chosen by itself when the file passes 4 GiB.
class TwoBitWriter {
 public:
  explicit TwoBitWriter(const std::string& path, bool force);
  ~TwoBitWriter();
  // InputError on a duplicate, empty or over-long (255 bytes) name; `where` opens the message.
  void begin_contig(const std::string& name, const std::string& where = "");
  // Raw FASTA letters without white space, case kept as soft mask. InputError on anything else.
  void append(const char* letters, size_t count);
  void end_contig();
  void finish();
  // IUPAC letters (other than N) turned to N so far in this contig, and gaps likewise.
  int64_t iupac_in_contig() const;
  const LetterCounts& counts() const;  // of this contig; complete after end_contig()
  int64_t length() const;              // of this contig so far
  // Makes version 1 whatever the size (for tests and for tools that want 64-bit offsets).
  void use_version1();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lexome
