#include "report/assets.h"

// Begin and end of each embedded file, as the assembler laid them down.
extern "C" {
extern const char lexome_asset_report_css[], lexome_asset_report_css_end[];
extern const char lexome_asset_report_js[], lexome_asset_report_js_end[];
extern const char lexome_asset_plots_js[], lexome_asset_plots_js_end[];
extern const char lexome_asset_d3_js[], lexome_asset_d3_js_end[];
extern const char lexome_asset_plot_js[], lexome_asset_plot_js_end[];
extern const char lexome_asset_umap_js[], lexome_asset_umap_js_end[];
}

namespace lexome::assets {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view report_css() {
  return between(lexome_asset_report_css, lexome_asset_report_css_end);
}
std::string_view report_js() { return between(lexome_asset_report_js, lexome_asset_report_js_end); }
std::string_view plots_js() { return between(lexome_asset_plots_js, lexome_asset_plots_js_end); }
std::string_view d3_js() { return between(lexome_asset_d3_js, lexome_asset_d3_js_end); }
std::string_view plot_js() { return between(lexome_asset_plot_js, lexome_asset_plot_js_end); }
std::string_view umap_js() { return between(lexome_asset_umap_js, lexome_asset_umap_js_end); }

}  // namespace lexome::assets
