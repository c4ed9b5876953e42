// Heat maps as SVG: a matrix of counts or shares as shades of one colour, with no script.
#pragma once

#include <string>
#include <vector>

namespace lexome {

// Shades run from the least to the greatest value; a cell says row, column and value to a pointer
// that rests on it. `label` is what a screen reader says.
std::string svg_heat(const std::string& label, const std::vector<std::string>& rows,
                     const std::vector<std::string>& columns,
                     const std::vector<std::vector<double>>& values);

}  // namespace lexome
