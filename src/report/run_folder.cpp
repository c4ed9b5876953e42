#include "report/run_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

// The confusion matrix of a predictions table: `label` against the class column with the largest
// number.
Confusion confusion_of(const TextTable& table, const std::string& path,
                       std::vector<std::string>* classes) {
  const int label = table.find("label");
  if (label < 0) throw FormatError(path + ": no column 'label' in a table of predictions");
  std::vector<size_t> probability_columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].rfind("p_", 0) == 0) {
      probability_columns.push_back(i);
      classes->push_back(table.columns[i].substr(2));
    }
  }
  if (classes->empty()) return {};  // a regression
  std::vector<int32_t> truth;
  std::vector<double> scores;
  for (const auto& row : table.rows) {
    const auto found = std::find(classes->begin(), classes->end(), row[static_cast<size_t>(label)]);
    if (found == classes->end()) {
      throw FormatError(path + ": label '" + row[static_cast<size_t>(label)] +
                        "' has no probability column");
    }
    truth.push_back(static_cast<int32_t>(found - classes->begin()));
    for (const size_t column : probability_columns) {
      double value = 0;
      if (!parse_double(row[column], &value)) {
        throw FormatError(path + ": probability '" + row[column] + "' is not a number");
      }
      scores.push_back(value);
    }
  }
  const int count = static_cast<int>(classes->size());
  return confusion_matrix(truth, best_class(scores, count), count);
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
    run.confusion = confusion_of(read_text_table(predictions), predictions, &run.classes);
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
