// UCSC's .2bit format: reading by memory map (versions 0 and 1, either byte order) and writing.
// Two bits a base, T=0 C=1 A=2 G=3, first base in the high bits; N and soft-mask runs as block lists.
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

class TwoBitFile {
 public:
  explicit TwoBitFile(const std::string& path);  // IoError, FormatError (truncated, corrupt)
  struct Record {
    std::string name;
    int64_t length = 0;
    std::vector<Block> n_blocks, mask_blocks;
    const uint8_t* packed = nullptr;
  };
  const std::vector<Record>& records() const { return records_; }
  void fetch(size_t record, int64_t start, int64_t end, Base* out) const;
  int64_t count_n(size_t record, int64_t start, int64_t end) const;

 private:
  MappedFile file_;
  std::vector<Record> records_;
};

// Writes a .2bit contig by contig with bounded memory (one packed contig at a time). Version 1 (64-bit
// offsets) is chosen by itself when the file passes 4 GiB.
class TwoBitWriter {
 public:
  explicit TwoBitWriter(const std::string& path, bool force);
  ~TwoBitWriter();
  void begin_contig(const std::string& name);  // InputError on a duplicate name
  void append(const char* letters, size_t count);  // raw FASTA letters, case kept as soft mask
  void end_contig();
  void finish();
  // IUPAC letters (other than N) turned to N so far in this contig, and gaps likewise.
  int64_t iupac_in_contig() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lexome
