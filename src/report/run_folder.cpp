#include "report/run_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"
#include "report/predictions.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

// Truth against the most probable class; empty for a regression.
Confusion confusion_of(const Predictions& predictions) {
  const int classes = predictions.scored.classes;
  if (classes == 0) return {};
  return confusion_matrix(predictions.scored.labels, best_class(predictions.scored.scores, classes),
                          classes);
}

}  // namespace

int TextTable::find(const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

TextTable read_text_table(const std::string& path) {
  const std::string text = read_text_file(path);
  TextTable table;
  int64_t line_number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++line_number;
    if (line.empty() || line.substr(0, 2) == "##") continue;
    if (table.columns.empty()) {
      if (line.front() == '#') line.remove_prefix(1);
      for (const std::string_view name : split(line, '\t')) table.columns.emplace_back(name);
      continue;
    }
    std::vector<std::string> row;
    for (const std::string_view cell : split(line, '\t')) row.emplace_back(cell);
    if (row.size() != table.columns.size()) {
      throw FormatError(path + ":" + std::to_string(line_number) + ": " +
                        std::to_string(row.size()) + " cells, but the header has " +
                        std::to_string(table.columns.size()));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

RunFolder read_run(const std::string& path) {
  RunFolder run;
  fs::path folder(path);
  if (!fs::exists(folder)) {
    throw IoError("cannot report on " + path + ": no such file or folder");
  }
  if (!fs::is_directory(folder)) {
    run.name = folder.stem().string();
    run.results = ResultTable::read(path);
    return run;
  }
  run.name = folder.filename().empty() ? folder.parent_path().filename().string()
                                       : folder.filename().string();
  const auto file = [&](const char* name) -> std::string {
    const fs::path candidate = folder / name;
    return fs::exists(candidate) ? candidate.string() : std::string();
  };
  bool any = false;
  if (const std::string log = file("log.tsv"); !log.empty()) {
    run.log = read_text_table(log);
    any = true;
  }
  if (const std::string results = file("results.tsv"); !results.empty()) {
    run.results = ResultTable::read(results);
    any = true;
  }
  if (const std::string predictions = file("test_predictions.tsv"); !predictions.empty()) {
    const Predictions read = read_predictions(predictions);
    run.classes = read.classes;
    run.confusion = confusion_of(read);
    run.has_predictions = true;
    any = true;
  }
  if (const std::string recipe = file("recipe.toml"); !recipe.empty()) {
    run.recipe = read_text_file(recipe);
  }
  if (!any) {
    throw InputError(path +
                     ": nothing to report on (no log.tsv, results.tsv or test_predictions.tsv); "
                     "give run folders or result tables");
  }
  return run;
}

}  // namespace lexome
