// Pieces that every form of a report is made of: escaped text, tables as HTML or Markdown, and a
// plain SVG line chart for pages built without the plotting libraries.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lexome {

// A table to show: cells as text; numeric columns are right-aligned.
struct ShownTable {
  std::vector<std::string> columns;
  std::vector<bool> numeric;
  std::vector<std::vector<std::string>> rows;
};

std::string escape_html(const std::string& text);
std::string html_table(const ShownTable& table);
std::string markdown_table(const ShownTable& table);
std::string tsv_table(const ShownTable& table);

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;
};
// A chart of a few hundred points at most; axes from the data.
std::string svg_lines(const std::string& label, const std::vector<Series>& series);

}  // namespace lexome
