// ResultTable as tab-separated text. One list of columns serves reading and writing, so that the
// two cannot drift apart; readers accept any subset and order of columns, but no unknown one.
#include "lexome/result_table.h"

#include <cmath>
#include <string_view>
#include <variant>

#include "base/file.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

using Cell = std::variant<std::string ResultRow::*, double ResultRow::*, int64_t ResultRow::*>;

struct Column {
  const char* name;
  Cell cell;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"suite", &ResultRow::suite},
      {"group", &ResultRow::group},
      {"task", &ResultRow::task},
      {"model", &ResultRow::model},
      {"role", &ResultRow::role},
      {"split", &ResultRow::split},
      {"metric", &ResultRow::metric},
      {"value", &ResultRow::value},
      {"interval_low", &ResultRow::interval_low},
      {"interval_high", &ResultRow::interval_high},
      {"n", &ResultRow::n},
      {"shots", &ResultRow::shots},
      {"draw", &ResultRow::draw},
      {"pretrain_seed", &ResultRow::pretrain_seed},
      {"finetune_seed", &ResultRow::finetune_seed},
      {"params_trunk", &ResultRow::params_trunk},
      {"params_embedding", &ResultRow::params_embedding},
      {"params_total", &ResultRow::params_total},
      {"bases_seen", &ResultRow::bases_seen},
      {"tokens_per_base", &ResultRow::tokens_per_base},
      {"masked_share", &ResultRow::masked_share},
      {"pretrain_flops", &ResultRow::pretrain_flops},
      {"flops", &ResultRow::flops},
      {"wall_s", &ResultRow::wall_s},
      {"data_hash", &ResultRow::data_hash},
      {"recipe", &ResultRow::recipe},
      {"status", &ResultRow::status},
      {"message", &ResultRow::message},
  };
  return all;
}

// Text cells must not break the table: tabs and line ends become blanks.
std::string clean(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::string cell_text(const ResultRow& row, const Cell& cell) {
  if (const auto* text = std::get_if<std::string ResultRow::*>(&cell)) return clean(row.**text);
  if (const auto* number = std::get_if<double ResultRow::*>(&cell)) {
    const double value = row.**number;
    return std::isnan(value) ? std::string() : format_number(value);
  }
  const int64_t count = row.*std::get<int64_t ResultRow::*>(cell);
  return count < 0 ? std::string() : std::to_string(count);
}

void read_cell(std::string_view text, const Column& column, const std::string& where,
               ResultRow* row) {
  if (const auto* member = std::get_if<std::string ResultRow::*>(&column.cell)) {
    row->** member = std::string(text);
    return;
  }
  if (text.empty()) return;
  bool good = false;
  if (const auto* member = std::get_if<double ResultRow::*>(&column.cell)) {
    good = parse_double(text, &(row->**member));
  } else {
    good = parse_int(text, &(row->*std::get<int64_t ResultRow::*>(column.cell)));
  }
  if (!good) {
    throw FormatError(where + ": column '" + column.name + "' holds '" + std::string(text) +
                      "', which is not a number");
  }
}

std::vector<const Column*> header_columns(std::string_view line, const std::string& where) {
  std::vector<std::string> known;
  for (const Column& column : columns()) known.emplace_back(column.name);
  std::vector<const Column*> found;
  for (const std::string_view name : split(line, '\t')) {
    const Column* match = nullptr;
    for (const Column& column : columns()) {
      if (name == column.name) match = &column;
    }
    if (match == nullptr) {
      const std::string near = nearest_name(name, known);
      throw FormatError(where + ": unknown column '" + std::string(name) + "' in a result table" +
                        (near.empty() ? "" : " (did you mean '" + near + "'?)"));
    }
    found.push_back(match);
  }
  return found;
}

}  // namespace

std::string ResultTable::to_tsv() const {
  std::string text = "#";
  for (size_t i = 0; i < columns().size(); ++i) {
    if (i > 0) text += '\t';
    text += columns()[i].name;
  }
  text += '\n';
  for (const ResultRow& row : rows) {
    for (size_t i = 0; i < columns().size(); ++i) {
      if (i > 0) text += '\t';
      text += cell_text(row, columns()[i].cell);
    }
    text += '\n';
  }
  return text;
}

void ResultTable::write(const std::string& path) const {
  write_text_file(path, provenance_lines("") + to_tsv());
}

ResultTable ResultTable::read(const std::string& path) {
  const std::string text = read_text_file(path);
  ResultTable table;
  std::vector<const Column*> header;
  int64_t line_number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.substr(0, 2) == "##") continue;
    const std::string where = path + ":" + std::to_string(line_number);
    if (line.front() == '#') {
      if (!header.empty()) throw FormatError(where + ": a second header line in a result table");
      header = header_columns(line.substr(1), where);
      continue;
    }
    if (header.empty()) {
      throw FormatError(where + ": not a result table (no '#' header line before the first row)");
    }
    const std::vector<std::string_view> cells = split(line, '\t');
    if (cells.size() != header.size()) {
      throw FormatError(where + ": " + std::to_string(cells.size()) +
                        " cells, but the header has " + std::to_string(header.size()));
    }
    ResultRow row;
    for (size_t i = 0; i < cells.size(); ++i) read_cell(cells[i], *header[i], where, &row);
    table.rows.push_back(std::move(row));
  }
  if (header.empty()) throw FormatError(path + ": not a result table (no '#' header line)");
  return table;
}

}  // namespace lexome
