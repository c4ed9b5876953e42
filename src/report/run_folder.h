// What a run left behind, read for a report: its log, results, test predictions and recipe. Every
// file is optional; a folder with none of them is refused.
#pragma once

#include <string>
#include <vector>

#include "lexome/result_table.h"
#include "report/metrics.h"

namespace lexome {

// A tab-separated table of text with a `#` header.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  int find(const std::string& column) const;  // -1 when missing
};

// Skips `##` lines; the header may open with '#'. FormatError names file and line of a ragged row.
TextTable read_text_table(const std::string& path);

struct RunFolder {
  std::string name;  // the folder's own name
  TextTable log;
  ResultTable results;
  std::vector<std::string> classes;
  bool has_predictions = false;
  Confusion confusion;  // of the test predictions; empty without them and for regression
  std::string recipe;
};

// `path` is a run folder, or a result table (then only `results` is filled).
RunFolder read_run(const std::string& path);

}  // namespace lexome
