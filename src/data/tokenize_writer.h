// The formats of `lexome tokenize`. Formatting is done in parallel, one row at a time; writing is
// in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/tokenize.h"
#include "data/tokenize_cells.h"

namespace lexome {

// Tokens of one range of a cell.
struct TokenizeRow {
  const TokenizeCell* cell;
  TokenizeCell::Range range;
  const Tokens* tokens;
  std::vector<size_t> chosen;  // indices of those to write

  int64_t start(size_t i) const { return cell->start + int64_t{tokens->covers[i].start}; }
  int64_t end(size_t i) const { return cell->start + int64_t{tokens->covers[i].end()}; }
};

// Neighbouring tokens of the same name.
struct TokenRun {
  int64_t start = 0, end = 0;
  std::string text;
};

// A row as it will stand in the output.
struct FormattedRow {
  std::string text;              // tsv, bed and json lines; of npy, what names the row
  std::vector<int32_t> ids;      // npy: [tokens, levels]
  std::vector<uint32_t> covers;  // npy: [tokens, 2], from the row's start
  int64_t tokens = 0;
  // Of codes: whose they are, runs of equal ones or the stretch they stand on, and the codes.
  std::shared_ptr<const std::string> name;
  std::vector<TokenRun> runs;
  std::vector<uint16_t> codes;
};

class TokenizeWriter {
 public:
  virtual ~TokenizeWriter() = default;
  virtual FormattedRow format(const TokenizeRow& row) const = 0;  // thread-safe
  virtual void write(const FormattedRow& row) = 0;
  virtual void flush() = 0;
  virtual void commit() = 0;
};

// `provenance`: the `##` lines, or "". ConfigError for an unknown format or npy on stdout.
std::unique_ptr<TokenizeWriter> tokenize_writer(const Tokenizer& tokenizer,
                                                const TokenizeRequest& request,
                                                const std::string& provenance);

}  // namespace lexome
