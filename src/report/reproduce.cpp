// Recipes of results: what they say, and whether it came true.
#include "report/reproduce.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"
#include "lexome/options.h"
#include "report/page_parts.h"
#include "report/text_table.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

double number_of(const Recipe& table, const char* key, const std::string& path) {
  const Recipe::Setting* setting = table.find(key);
  if (setting == nullptr) {
    throw ConfigError(
        fmt::format("{}: an [[expect]] without {}; give table, where, expected and "
                    "tolerance",
                    path, key));
  }
  double value = 0;
  if (!parse_double(setting->value, &value) || !std::isfinite(value)) {
    throw ConfigError(
        fmt::format("{}: {} must be a number, not '{}'", setting->origin, key, setting->value));
  }
  return value;
}

ExpectedNumber expectation_of(const Recipe& table, const std::string& path) {
  ExpectedNumber number;
  for (const auto& [key, setting] : table.settings()) {
    if (key.rfind("where.", 0) == 0) {
      number.where.emplace_back(key.substr(6), setting.value);
    } else if (key == "table") {
      number.table = setting.value;
    } else if (key == "column") {
      number.column = setting.value;
    } else if (key != "expected" && key != "tolerance") {
      throw ConfigError(fmt::format(
          "{}: unknown key {}; an [[expect]] has table, where.COLUMN, column, expected, tolerance",
          setting.origin, key));
    }
  }
  number.value = number_of(table, "expected", path);
  number.tolerance = number_of(table, "tolerance", path);
  if (number.table.empty()) throw ConfigError(path + ": an [[expect]] without table");
  if (number.tolerance < 0) throw ConfigError(path + ": a tolerance below 0");
  return number;
}

std::vector<std::string> command_of(const Recipe& table, const std::string& path) {
  const Recipe::Setting* setting = table.find("command");
  if (setting == nullptr || table.settings().size() != 1) {
    throw ConfigError(path + ": a [[run]] has one key, command = \"lexome VERB ...\"");
  }
  std::vector<std::string> words = command_words(setting->value);
  if (words.size() < 2 || words[0] != "lexome") {
    throw ConfigError(fmt::format("{}: a command must read \"lexome VERB ...\"", setting->origin));
  }
  words.erase(words.begin());
  return words;
}

}  // namespace

std::string ExpectedNumber::words() const {
  std::string text = column + " of " + table;
  for (const auto& [name, cell] : where) {
    text += fmt::format("{} {} = {}", &name == &where[0].first ? " where" : ",", name, cell);
  }
  return text;
}

Reproduction read_reproduction(const std::string& path) {
  std::vector<std::vector<Recipe>> tables;
  const Recipe top = Recipe::from_tables(read_text_file(path), path, {"run", "expect"}, &tables);
  Reproduction all;
  all.path = path;
  for (const auto& [key, setting] : top.settings()) {
    if (key == "title") {
      all.title = setting.value;
    } else if (key.rfind("data.", 0) == 0) {
      if (setting.value.size() != 64) {
        throw ConfigError(fmt::format("{}: '{}' is no SHA-256 of {}", setting.origin, setting.value,
                                      key.substr(5)));
      }
      all.data.push_back({key.substr(5), setting.value});
    } else {
      throw ConfigError(
          fmt::format("{}: unknown key {}; a result has title, [data], [[run]] and [[expect]]",
                      setting.origin, key));
    }
  }
  for (const Recipe& run : tables[0]) all.commands.push_back(command_of(run, path));
  for (const Recipe& expect : tables[1]) all.expected.push_back(expectation_of(expect, path));
  if (all.commands.empty()) throw ConfigError(path + ": no [[run]]: nothing to do");
  if (all.expected.empty()) throw ConfigError(path + ": no [[expect]]: nothing to judge");
  return all;
}

void check_data(const Reproduction& reproduction, const std::string& folder) {
  std::vector<std::string> problems;
  for (const DataFile& file : reproduction.data) {
    const std::string path = (fs::path(folder) / file.path).lexically_normal().string();
    if (!fs::exists(path)) {
      problems.push_back(path + " is missing");
    } else if (const std::string found = sha256_of_file(path); found != file.sha256) {
      problems.push_back(
          fmt::format("{} is another file (SHA-256 {}... where the result was made "
                      "with {}...)",
                      path, found.substr(0, 12), file.sha256.substr(0, 12)));
    }
  }
  if (problems.empty()) return;
  throw InputError(fmt::format("{}: {}; name the folder of the data with --data DIR",
                               reproduction.path, fmt::join(problems, "; ")));
}

std::vector<std::string> command_words(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (const char c : command) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\n' || c == '\t') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != 0) throw ConfigError("a quote is left open in: " + command);
  if (open) words.push_back(word);
  return words;
}

std::string with_folders(const std::string& word, const std::string& data,
                         const std::string& here) {
  std::string out = word;
  for (const auto& [name, folder] :
       {std::pair<std::string, std::string>{"{data}", data}, {"{here}", here}}) {
    for (size_t at = out.find(name); at != std::string::npos; at = out.find(name, at)) {
      out.replace(at, name.size(), folder);
      at += folder.size();
    }
  }
  return out;
}

bool Verdict::passed() const {
  // A last bit lost in printing must not fail an exact expectation.
  const double slack = 1e-12 * std::abs(expected.value);
  return problem.empty() && std::abs(obtained - expected.value) <= expected.tolerance + slack;
}

std::vector<Verdict> judge(const Reproduction& reproduction, const std::string& folder) {
  std::vector<Verdict> verdicts;
  for (const ExpectedNumber& number : reproduction.expected) {
    Verdict& verdict = verdicts.emplace_back();
    verdict.expected = number;
    const std::string path = (fs::path(folder) / number.table).string();
    if (!fs::exists(path)) {
      verdict.problem = "no such table";
      continue;
    }
    const TextTable table = read_text_table(path);
    const int column = table.find(number.column);
    std::vector<std::pair<int, std::string>> wanted;
    for (const auto& [name, cell] : number.where) {
      wanted.emplace_back(table.find(name), cell);
      if (wanted.back().first < 0) verdict.problem = "no column " + name;
    }
    if (column < 0) verdict.problem = "no column " + number.column;
    if (!verdict.problem.empty()) continue;
    int64_t matches = 0;
    for (const std::vector<std::string>& row : table.rows) {
      bool same = true;
      for (const auto& [index, cell] : wanted) same = same && row[index] == cell;
      if (!same) continue;
      ++matches;
      if (!parse_double(row[column], &verdict.obtained)) verdict.problem = "the cell is no number";
    }
    if (matches == 0) verdict.problem = "no such row";
    if (matches > 1) verdict.problem = fmt::format("{} rows match", matches);
  }
  return verdicts;
}

std::string verdict_table(const std::vector<Verdict>& verdicts) {
  ShownTable table;
  table.columns = {"what", "expected", "tolerance", "obtained", "verdict"};
  table.numeric = {false, true, true, true, false};
  for (const Verdict& verdict : verdicts) {
    const bool has_number = verdict.problem.empty();
    table.rows.push_back({verdict.expected.words(), format_number(verdict.expected.value),
                          format_number(verdict.expected.tolerance),
                          has_number ? format_number(verdict.obtained) : "",
                          verdict.passed() ? "reproduced"
                          : has_number     ? "differs"
                                           : "missing: " + verdict.problem});
  }
  return tsv_table(table);
}

}  // namespace lexome
