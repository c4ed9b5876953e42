// Pieces that every form of a report is made of: escaped text, tables as HTML or Markdown, and a
// plain SVG line chart for pages built without the plotting libraries.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lexome {

// What the page's filters and links know of a table's row.
struct RowMark {
  std::string role, shots;  // what the filters ask for
  std::string recipe;       // id of the recipe behind the row's numbers; empty: none
};

// A table to show: cells as text; numeric columns are right-aligned.
struct ShownTable {
  std::vector<std::string> columns;
  std::vector<bool> numeric;
  std::vector<std::vector<std::string>> rows;
  std::vector<RowMark> marks;  // one a row, or none at all
  std::vector<bool> extra;     // columns hidden until asked for; empty: none
};

std::string escape_html(const std::string& text);
// Sorts by a click on a heading. Marked rows can be filtered and end with a link to their recipe.
std::string html_table(const ShownTable& table);
// Where the page's script finds a recipe, and where the tables link to.
std::string recipe_anchor(const std::string& id);
std::string markdown_table(const ShownTable& table);
std::string tsv_table(const ShownTable& table);

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;
  int colour = -1;  // of the palette; -1: by its place in the chart
};
// Okabe and Ito's palette, told apart by readers with any kind of colour vision; it starts over
// after the last one.
const char* series_colour(size_t index);
// A chart of a few hundred points at most; axes from the data.
std::string svg_lines(const std::string& label, const std::vector<Series>& series);

// One line of a forest plot.
struct ForestLine {
  std::string name;
  double value = 0, low = 0, high = 0;
};
// Estimates with their intervals, zero drawn through; names at the left.
std::string svg_forest(const std::string& label, const std::vector<ForestLine>& lines);

}  // namespace lexome
