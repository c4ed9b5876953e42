#include "report/heat.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/page_parts.h"

namespace lexome {

std::string svg_heat(const std::string& label, const std::vector<std::string>& rows,
                     const std::vector<std::string>& columns,
                     const std::vector<std::vector<double>>& values) {
  constexpr int kCell = 12, kLeft = 52, kTop = 40;
  double most = 0;
  for (const std::vector<double>& row : values) {
    for (const double value : row) most = std::max(most, value);
  }
  const int width = kLeft + kCell * static_cast<int>(columns.size()) + 4;
  const int height = kTop + kCell * static_cast<int>(rows.size()) + 4;
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" width=\"{}\" role=\"img\" aria-label=\"{}\" "
      "font-family=\"sans-serif\" font-size=\"9\" fill=\"currentColor\">",
      width, height, width, escape_html(label));
  for (size_t c = 0; c < columns.size(); ++c) {
    const int x = kLeft + kCell * static_cast<int>(c) + kCell - 3;
    svg += fmt::format("<text transform=\"translate({},{}) rotate(-90)\">{}</text>", x, kTop - 3,
                       escape_html(columns[c]));
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const int y = kTop + kCell * static_cast<int>(r);
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kLeft - 4,
                       y + kCell - 3, escape_html(rows[r]));
    for (size_t c = 0; c < columns.size(); ++c) {
      const double value = values[r][c];
      svg += fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#0b6e99\" "
          "fill-opacity=\"{:.3f}\"><title>{}, {}: {:.6g}</title></rect>",
          kLeft + kCell * static_cast<int>(c), y, kCell - 1, kCell - 1,
          0.04 + (most > 0 ? 0.96 * value / most : 0.0), escape_html(rows[r]),
          escape_html(columns[c]), value);
    }
  }
  return svg + "</svg>";
}

}  // namespace lexome
