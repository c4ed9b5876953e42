// Tab-separated text with a `#` header: the form of every table lexome writes.
#pragma once

#include <string>
#include <vector>

namespace lexome {

struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  int find(const std::string& column) const;  // -1 when missing
};

// Skips `##` lines; the header may open with '#'. FormatError names file and line of a ragged row.
TextTable read_text_table(const std::string& path);

}  // namespace lexome
