// FASTA as a stream of records: plain, gzip, BGZF or stdin ("-"); CRLF, blank lines, lower case,
// RNA. Reads blocks of text at memory speed; never holds more than a block unless asked for a
// record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lexome/bases.h"

namespace lexome {

// Bytes of a file or stdin, decompressed when gzip or BGZF. Truncated gzip throws InputError.
class ByteSource {
 public:
  explicit ByteSource(const std::string& path, int threads = 1);
  ~ByteSource();
  size_t read(char* buffer, size_t capacity);  // 0 at the end
  const std::string& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Lines of a ByteSource, without the line end (LF or CRLF).
class LineReader {
 public:
  explicit LineReader(const std::string& path);
  ~LineReader();
  bool next(std::string_view* line);  // valid until the next call
  int64_t line_number() const;        // 1-based, of the last line
  const std::string& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a FASTA holds, as events. Letters arrive raw (case kept), in pieces without line ends,
// already checked against the nucleotide alphabet: a protein or garbage is refused with line and
// letter.
class FastaReader {
 public:
  explicit FastaReader(const std::string& path, int threads = 1);
  ~FastaReader();
  // Calls begin(name, description) then piece(letters) any number of times, for every record.
  // Throws InputError: empty file, text before the first '>', bad letter (line and letter named).
  void read(const std::function<void(std::string_view name, std::string_view description)>& begin,
            const std::function<void(std::string_view letters)>& piece);
  // One whole record at a time; false at the end.
  bool next(std::string* name, std::string* description, std::string* letters);
  int64_t line_number() const;  // 1-based, of the last record's header

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What alignment gaps (- . *) become: N, nothing, or an error.
enum class GapPolicy { kReadAsN, kDrop, kRefuse };

struct PackSummary {
  int64_t contigs = 0, bases = 0, n = 0, masked = 0, iupac = 0;
  int64_t gaps = 0, uracil = 0;  // gaps read as N or dropped; U read as T
};
// Packs FASTA text into `out` (.2bit); says per contig what did not stay as it was (IUPAC letters
// and gaps turned to N, U to T). InputError: duplicate contig names, no sequence at all.
PackSummary pack_fasta(const std::vector<std::string>& inputs, const std::string& out, bool force,
                       int threads, GapPolicy gaps = GapPolicy::kReadAsN);
// Writes a genome back as FASTA, case and N restored, `width` letters a line.
void unpack_genome(const std::string& twobit, const std::string& out, bool force, int width);

}  // namespace lexome
