// A published result as a file that runs again: the data it needs with their hashes, the commands,
// and the numbers to expect. Reading, checking and judging happen here; the program runs the
// commands.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lexome/result_table.h"

namespace lexome {

// One number: a cell of the one row of a table (columns named by a `#` header) that has these
// cells.
struct ExpectedNumber {
  std::string table;  // relative to the folder the commands ran in
  std::vector<std::pair<std::string, std::string>> where;
  std::string column = "value";
  double value = 0, tolerance = 0;
  std::string words() const;  // "value of evaluation/results.tsv where task = promoter"
};

struct DataFile {
  std::string path;  // relative to the data folder
  std::string sha256;
};

struct Reproduction {
  std::string title, path;
  std::vector<DataFile> data;
  std::vector<std::vector<std::string>> commands;  // words after "lexome"
  std::vector<ExpectedNumber> expected;
};

// ConfigError with file and line: unknown keys, no command, nothing to expect, a number that is
// none.
Reproduction read_reproduction(const std::string& path);

// InputError naming every file that is missing, or another than the recipe's.
void check_data(const Reproduction& reproduction, const std::string& folder);

// A command's words: split at spaces, '...' and "..." kept together, {data} and {here} (the
// recipe's folder) replaced. ConfigError for a quote left open.
std::vector<std::string> command_words(const std::string& command);
std::string with_folders(const std::string& word, const std::string& data, const std::string& here);

struct Verdict {
  ExpectedNumber expected;
  double obtained = ResultRow::kNone;
  std::string problem;  // why there is no number; empty otherwise
  bool passed() const;
};
std::vector<Verdict> judge(const Reproduction& reproduction, const std::string& folder);

// Columns what, expected, tolerance, obtained, verdict.
std::string verdict_table(const std::vector<Verdict>& verdicts);

}  // namespace lexome
