#include "report/page_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lexome {
namespace {

// Okabe and Ito's palette, as in the page's script.
constexpr std::array<const char*, 6> kColours = {"#0072B2", "#D55E00", "#009E73",
                                                 "#CC79A7", "#E69F00", "#56B4E9"};

}  // namespace

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

std::string html_table(const ShownTable& table) {
  std::string out = "<div class=\"scroll\"><table class=\"sorts\"><thead><tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += fmt::format("<th{}>{}</th>", table.numeric[i] ? " class=\"number\"" : "",
                       escape_html(table.columns[i]));
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      out += fmt::format("<td{}>{}</td>", table.numeric[i] ? " class=\"number\"" : "",
                         escape_html(row[i]));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string markdown_table(const ShownTable& table) {
  std::string out = "|", rule = "|";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    out += " " + table.columns[i] + " |";
    rule += table.numeric[i] ? "---:|" : "---|";
  }
  out += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const auto& cell : row) out += " " + cell + " |";
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
                       kColours[s % kColours.size()]);
    for (const auto& [x, y] : series[s].points) out += fmt::format("{:.1f},{:.1f} ", px(x), py(y));
    out += fmt::format("\"><title>{}</title></polyline>", escape_html(series[s].name));
  }
  return out + "</svg>";
}

}  // namespace lexome
