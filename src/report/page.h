// A report before it has a form: sections of notes, tables and figures. One description is written
// as a page or as Markdown, so that both say the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/page_parts.h"

namespace lexome {

// A picture. The page's script draws `data` by the function called `kind`; `svg` stands in where
// the plotting libraries are absent.
struct Figure {
  std::string id, kind, caption;
  std::string data;  // JSON
  std::string svg;
};

class Section {
 public:
  Section(std::string id, std::string title) : id_(std::move(id)), title_(std::move(title)) {}
  Section& note(std::string text);
  Section& heading(std::string text);
  Section& list(std::vector<std::string> items);
  Section& table(ShownTable table);
  Section& figure(Figure figure);
  Section& html(std::string text);  // in pages only
  // Figures between these stand side by side.
  Section& open_grid();
  Section& close_grid();
  // What lies between is unfolded by a click on `summary`; in Markdown it is under a heading.
  Section& open_fold(const std::string& summary, bool open);
  Section& close_fold();

  bool empty() const { return blocks_.empty(); }
  const std::string& id() const { return id_; }
  const std::string& title() const { return title_; }
  std::string to_html(bool plots) const;
  std::string to_markdown() const;
  std::vector<const Figure*> figures() const;

 private:
  enum class Kind { kNote, kHeading, kList, kTable, kFigure, kHtml, kFold };
  struct Block {
    Kind kind;
    std::string text;
    std::vector<std::string> items;
    ShownTable table;
    Figure figure;
    bool open = false;
  };
  Section& add(Kind kind, std::string text);
  std::string id_, title_;
  std::vector<Block> blocks_;
};

struct PageHead {
  std::string title, provenance;  // provenance: empty when it is not wanted
};

// One self-contained page: style, script, plotting libraries and data are inside it. Sections
// without content are left out.
std::string page_html(const PageHead& head, const std::vector<Section>& sections);
std::string page_markdown(const PageHead& head, const std::vector<Section>& sections);

// JSON as text that may stand inside a script element.
std::string script_safe(std::string json);

// "0.1234", or nothing for a number that is none; with a sign where differences stand.
std::string fixed(double value, int digits = 4);
std::string signed_fixed(double value, int digits = 4);
// "12", or nothing for a count that does not apply.
std::string counted(int64_t count);

}  // namespace lexome
