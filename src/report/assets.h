// Files that travel inside the library (cmake/assets.cmake): the report page's style and scripts,
// and the plotting libraries it draws with. Libraries are empty when npm was not there at build
// time.
#pragma once

#include <string_view>

namespace lexome::assets {

std::string_view report_css();
std::string_view report_js();
std::string_view plots_js();
std::string_view d3_js();
std::string_view plot_js();
std::string_view umap_js();

}  // namespace lexome::assets
