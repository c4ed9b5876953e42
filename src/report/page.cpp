#include "report/page.h"

#include <fmt/format.h>

#include <cmath>

#include "base/log.h"
#include "base/text.h"
#include "report/assets.h"
#include "report/point_map.h"

namespace lexome {
namespace {

bool plots_here() { return !assets::d3_js().empty() && !assets::plot_js().empty(); }

// The library's own notice is lost where it was made small.
std::string umap_script() {
  return fmt::format(
      "<script>// umap-js 1.4.0, Copyright 2019 Google LLC, Apache License 2.0; after umap, "
      "Copyright "
      "2017 Leland McInnes, BSD 3-Clause License\n{}</script>\n",
      assets::umap_js());
}

std::string figure_html(const Figure& figure, bool plots) {
  if (!plots && figure.svg.empty()) return "";  // the table beside it says the same
  const std::string picture = plots ? "" : figure.svg;
  std::string caption;
  if (!figure.caption.empty()) {
    caption = "<figcaption>" + escape_html(figure.caption) + "</figcaption>";
  }
  return fmt::format("<figure class=\"plot\" id=\"{}\">{}{}</figure>\n", escape_html(figure.id),
                     picture, caption);
}

}  // namespace

Section& Section::add(Kind kind, std::string text) {
  blocks_.push_back({kind, std::move(text), {}, {}, {}, false});
  return *this;
}

Section& Section::note(std::string text) { return add(Kind::kNote, std::move(text)); }
Section& Section::heading(std::string text) { return add(Kind::kHeading, std::move(text)); }
Section& Section::html(std::string text) { return add(Kind::kHtml, std::move(text)); }
Section& Section::open_grid() { return html("<div class=\"grid\">\n"); }
Section& Section::close_grid() { return html("</div>\n"); }
Section& Section::close_fold() { return html("</details>\n"); }

Section& Section::list(std::vector<std::string> items) {
  add(Kind::kList, "");
  blocks_.back().items = std::move(items);
  return *this;
}

Section& Section::table(ShownTable table) {
  add(Kind::kTable, "");
  blocks_.back().table = std::move(table);
  return *this;
}

Section& Section::figure(Figure figure) {
  add(Kind::kFigure, "");
  blocks_.back().figure = std::move(figure);
  return *this;
}

Section& Section::open_fold(const std::string& summary, bool open) {
  add(Kind::kFold, summary);
  blocks_.back().open = open;
  return *this;
}

std::string Section::to_html(bool plots) const {
  std::string out = fmt::format("<section id=\"{}\"><h2>{}</h2>\n", id_, escape_html(title_));
  for (const Block& block : blocks_) {
    switch (block.kind) {
      case Kind::kNote:
        out += "<p class=\"note\">" + escape_html(block.text) + "</p>\n";
        break;
      case Kind::kHeading:
        out += "<h3>" + escape_html(block.text) + "</h3>\n";
        break;
      case Kind::kList:
        out += "<ul class=\"findings\">";
        for (const std::string& item : block.items) out += "<li>" + escape_html(item) + "</li>";
        out += "</ul>\n";
        break;
      case Kind::kTable:
        out += html_table(block.table);
        break;
      case Kind::kFigure:
        out += figure_html(block.figure, plots);
        break;
      case Kind::kHtml:
        out += block.text;
        break;
      case Kind::kFold:
        out += fmt::format("<details class=\"fold\"{}><summary>{}</summary>\n",
                           block.open ? " open" : "", escape_html(block.text));
        break;
    }
  }
  return out + "</section>\n";
}

std::string Section::to_markdown() const {
  std::string out;
  for (const Block& block : blocks_) {
    switch (block.kind) {
      case Kind::kNote:
        out += block.text + "\n\n";
        break;
      case Kind::kHeading:
      case Kind::kFold:
        out += "### " + block.text + "\n\n";
        break;
      case Kind::kList:
        for (const std::string& item : block.items) out += "- " + item + "\n";
        out += "\n";
        break;
      case Kind::kTable:
        out += markdown_table(block.table) + "\n";
        break;
      case Kind::kFigure:  // pictures and what frames them stand in pages only
      case Kind::kHtml:
        break;
    }
  }
  return out.empty() ? out : "\n## " + title_ + "\n\n" + out;
}

std::vector<const Figure*> Section::figures() const {
  std::vector<const Figure*> found;
  for (const Block& block : blocks_) {
    if (block.kind == Kind::kFigure) found.push_back(&block.figure);
  }
  return found;
}

std::string page_html(const PageHead& head, const std::vector<Section>& sections) {
  const bool plots = plots_here();
  if (!plots) {
    log::warn(
        "the plotting libraries were not there when lexome was built: the report's curves are "
        "plain SVG");
  }
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{0}</title>"
      "<style>{1}</style></head><body>\n<header><h1>{0}</h1>"
      "<button type=\"button\" id=\"theme\" hidden>light or dark</button></header>\n",
      escape_html(head.title), assets::report_css());
  if (!head.provenance.empty()) {
    out += "<p class=\"note\">" + escape_html(head.provenance) + "</p>\n";
  }
  std::string links, body, data;
  bool maps = false;
  for (const Section& section : sections) {
    if (section.empty()) continue;
    links += fmt::format("<a href=\"#{}\">{}</a>", section.id(), escape_html(section.title()));
    body += section.to_html(plots);
    for (const Figure* figure : section.figures()) {
      maps = maps || figure->kind == kPointMap;
      data += fmt::format("{}{{\"id\":\"{}\",\"kind\":\"{}\",\"data\":{}}}",
                          data.empty() ? "" : ",", figure->id, figure->kind, figure->data);
    }
  }
  out += "<nav aria-label=\"Sections\">" + links + "</nav>\n<main>\n" + body + "</main>\n";
  if (plots) {
    out += fmt::format(
        "<script type=\"application/json\" id=\"report-data\">[{}]</script>\n<script>{}</script>\n"
        "<script>{}</script>\n{}<script>{}</script>\n",
        script_safe(std::move(data)), assets::d3_js(), assets::plot_js(), maps ? umap_script() : "",
        assets::plots_js());
  }
  out += fmt::format("<script>{}</script>\n", assets::report_js());
  return out + "</body></html>\n";
}

std::string page_markdown(const PageHead& head, const std::vector<Section>& sections) {
  std::string out = "# " + head.title + "\n";
  if (!head.provenance.empty()) out += "\n" + head.provenance + "\n";
  for (const Section& section : sections) {
    if (!section.empty()) out += section.to_markdown();
  }
  return out;
}

std::string script_safe(std::string json) {
  // "</" would end the script element; JSON allows the escaped form.
  for (size_t at = json.find("</"); at != std::string::npos; at = json.find("</", at + 3)) {
    json.replace(at, 2, "<\\/");
  }
  return json;
}

std::string fixed(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "";
}

std::string signed_fixed(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:+.{}f}", value, digits) : "";
}

std::string counted(int64_t count) { return count < 0 ? "" : with_commas(count); }

}  // namespace lexome
