#include "report/text_table.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {

int TextTable::find(const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

TextTable read_text_table(const std::string& path) {
  const std::string text = read_text_file(path);
  TextTable table;
  int64_t line_number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++line_number;
    if (line.empty() || line.substr(0, 2) == "##") continue;
    if (table.columns.empty()) {
      if (line.front() == '#') line.remove_prefix(1);
      for (const std::string_view name : split(line, '\t')) table.columns.emplace_back(name);
      continue;
    }
    std::vector<std::string> row;
    for (const std::string_view cell : split(line, '\t')) row.emplace_back(cell);
    if (row.size() != table.columns.size()) {
      throw FormatError(path + ":" + std::to_string(line_number) + ": " +
                        std::to_string(row.size()) + " cells, but the header has " +
                        std::to_string(table.columns.size()));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace lexome
