#include "report/page_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lexome {
namespace {

// Rows may be marked for the filters alone.
bool has_recipes(const ShownTable& table) {
  return std::any_of(table.marks.begin(), table.marks.end(),
                     [](const RowMark& mark) { return !mark.recipe.empty(); });
}

// As in the page's script; black gave way to brown and grey, which both grounds can show.
constexpr std::array<const char*, 8> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#8C6D31", "#999999"};

}  // namespace

const char* series_colour(size_t index) { return kColours[index % kColours.size()]; }

std::string escape_html(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string recipe_anchor(const std::string& id) { return "recipe-" + id; }

std::string html_table(const ShownTable& table) {
  const bool marked = !table.marks.empty(), recipes = has_recipes(table);
  std::vector<std::string> classes(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    std::string names = table.numeric[i] ? "number" : "";
    if (!table.extra.empty() && table.extra[i]) names += names.empty() ? "extra" : " extra";
    // Sentences may wrap; names and numbers stay on one line.
    constexpr size_t kSentence = 28;
    for (const auto& row : table.rows) {
      if (row[i].size() <= kSentence || table.numeric[i]) continue;
      names += names.empty() ? "words" : " words";
      break;
    }
    if (!names.empty()) classes[i] = " class=\"" + names + "\"";
  }
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table class=\"sorts\"><thead><tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += "<th" + classes[i] + ">" + escape_html(table.columns[i]) + "</th>";
  }
  if (recipes) out += "<th class=\"fixed\">recipe</th>";
  out += "</tr></thead><tbody>\n";
  for (size_t r = 0; r < table.rows.size(); ++r) {
    out += "<tr";
    if (marked) {
      out += fmt::format(" data-role=\"{}\" data-shots=\"{}\"", escape_html(table.marks[r].role),
                         escape_html(table.marks[r].shots));
    }
    out += ">";
    for (size_t i = 0; i < table.rows[r].size(); ++i) {
      out += "<td" + classes[i] + ">" + escape_html(table.rows[r][i]) + "</td>";
    }
    if (recipes) {
      const std::string& id = table.marks[r].recipe;
      out += id.empty() ? "<td></td>"
                        : fmt::format("<td><a href=\"#{0}\">{1}</a></td>", recipe_anchor(id), id);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string markdown_table(const ShownTable& table) {
  const bool recipes = has_recipes(table);
  const auto cell_text = [](std::string cell) {
    for (size_t at = cell.find('|'); at != std::string::npos; at = cell.find('|', at + 2)) {
      cell.insert(at, "\\");
    }
    return " " + cell + " |";
  };
  std::string out = "|", rule = "|";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += cell_text(table.columns[i]);
    rule += table.numeric[i] ? "---:|" : "---|";
  }
  if (recipes) out += " recipe |", rule += "---|";
  out += "\n" + rule + "\n";
  for (size_t r = 0; r < table.rows.size(); ++r) {
    out += "|";
    for (const auto& cell : table.rows[r]) out += cell_text(cell);
    if (recipes) out += cell_text(table.marks[r].recipe);
    out += "\n";
  }
  return out;
}

std::string tsv_table(const ShownTable& table) {
  std::string out = "#";
  for (size_t i = 0; i < table.columns.size(); ++i) out += (i ? "\t" : "") + table.columns[i];
  out += "\n";
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) out += (i ? "\t" : "") + row[i];
    out += "\n";
  }
  return out;
}

std::string svg_lines(const std::string& label, const std::vector<Series>& series) {
  constexpr double kWidth = 420, kHeight = 260, kLeft = 56, kRight = 12, kTop = 28, kBottom = 34;
  double x_low = 1e300, x_high = -1e300, y_low = 1e300, y_high = -1e300;
  for (const Series& one : series) {
    for (const auto& [x, y] : one.points) {
      x_low = std::min(x_low, x), x_high = std::max(x_high, x);
      y_low = std::min(y_low, y), y_high = std::max(y_high, y);
    }
  }
  if (x_low > x_high) return "";
  if (x_low == x_high) x_high = x_low + 1;
  if (y_low == y_high) y_high = y_low + 1;
  const auto px = [&](double x) {
    return kLeft + (x - x_low) / (x_high - x_low) * (kWidth - kLeft - kRight);
  };
  const auto py = [&](double y) {
    return kHeight - kBottom - (y - y_low) / (y_high - y_low) * (kHeight - kTop - kBottom);
  };
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2}\" "
      "font-size=\"12\" fill=\"currentColor\"><text x=\"4\" y=\"16\">{2}</text>",
      kWidth, kHeight, escape_html(label));
  for (int i = 0; i <= 4; ++i) {
    const double y = y_low + (y_high - y_low) * i / 4, x = x_low + (x_high - x_low) * i / 4;
    out += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"currentColor\" "
        "opacity=\"0.15\"/>"
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.3g}</text>"
        "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.4g}</text>",
        kLeft, kWidth - kRight, py(y), py(y), kLeft - 6, py(y) + 4, y, px(x), kHeight - 14, x);
  }
  for (size_t s = 0; s < series.size(); ++s) {
    out += fmt::format("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"{}\" points=\"",
                       series_colour(series[s].colour < 0 ? s : series[s].colour));
    for (const auto& [x, y] : series[s].points) out += fmt::format("{:.1f},{:.1f} ", px(x), py(y));
    out += fmt::format("\"><title>{}</title></polyline>", escape_html(series[s].name));
  }
  return out + "</svg>";
}

std::string svg_forest(const std::string& label, const std::vector<ForestLine>& lines) {
  if (lines.empty()) return "";
  constexpr double kWidth = 760, kRow = 20, kTop = 28, kBottom = 34, kRight = 28, kLetter = 6.6;
  size_t longest = 0;
  double low = 0, high = 0;  // zero is always in sight
  for (const ForestLine& line : lines) {
    longest = std::max(longest, line.name.size());
    for (const double x : {line.value, line.low, line.high}) {
      if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
    }
  }
  if (low == high) high = low + 1;
  const double left = std::min(24 + kLetter * static_cast<double>(longest), kWidth / 2);
  const double height = kTop + kBottom + kRow * static_cast<double>(lines.size());
  const auto px = [&](double x) {
    return left + (x - low) / (high - low) * (kWidth - left - kRight);
  };
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2}\" "
      "font-size=\"12\" fill=\"currentColor\"><text x=\"4\" y=\"16\">{2}</text>",
      kWidth, height, escape_html(label));
  out += fmt::format(
      "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" stroke=\"currentColor\" "
      "opacity=\"0.5\"/>",
      px(0), kTop, height - kBottom);
  for (int i = 0; i <= 4; ++i) {
    const double x = low + (high - low) * i / 4;
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:+.3f}</text>", px(x),
                       height - 12, x);
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    const ForestLine& line = lines[i];
    const double y = kTop + kRow * (static_cast<double>(i) + 0.5);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 10,
                       y + 4, escape_html(line.name));
    if (std::isfinite(line.low) && std::isfinite(line.high)) {
      out += fmt::format(
          "<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" "
          "stroke-width=\"2\"/>",
          px(line.low), px(line.high), y, kColours[0]);
    }
    if (std::isfinite(line.value)) {
      out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>",
                         px(line.value), y, kColours[0]);
    }
  }
  return out + "</svg>";
}

}  // namespace lexome
