#include "report/predictions.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"
#include "report/text_table.h"

namespace lexome {
namespace {

std::map<std::string, std::string> provenance_of(const std::string& text) {
  std::map<std::string, std::string> pairs;
  for (const std::string_view line : split(text, '\n')) {
    if (line.substr(0, 2) != "##") break;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    pairs[std::string(line.substr(2, equals - 2))] = std::string(line.substr(equals + 1));
  }
  return pairs;
}

int64_t count_of(const std::map<std::string, std::string>& pairs, const std::string& key) {
  const auto found = pairs.find(key);
  int64_t count = -1;
  if (found != pairs.end()) parse_int(found->second, &count);
  return count;
}

std::string text_of(const std::map<std::string, std::string>& pairs, const std::string& key) {
  const auto found = pairs.find(key);
  return found == pairs.end() ? std::string() : found->second;
}

double number_of(const std::string& cell, const std::string& path, size_t row) {
  double value = 0;
  if (!parse_double(cell, &value)) {
    throw FormatError(path + ": row " + std::to_string(row + 1) + ": '" + cell +
                      "' is not a number");
  }
  return value;
}

}  // namespace

void write_predictions(const Predictions& predictions, const std::string& command,
                       const std::string& path) {
  std::vector<std::pair<std::string, std::string>> about = {{"task", predictions.task},
                                                            {"model", predictions.model},
                                                            {"role", predictions.role},
                                                            {"data_hash", predictions.data_hash}};
  for (const auto& [name, number] : {std::pair{"pretrain_seed", predictions.pretrain_seed},
                                     {"finetune_seed", predictions.finetune_seed},
                                     {"shots", predictions.shots},
                                     {"draw", predictions.draw}}) {
    if (number >= 0) about.emplace_back(name, std::to_string(number));
  }
  std::string text = provenance_lines(command, about) + "#name\tlabel";
  const Scored& scored = predictions.scored;
  for (const std::string& name : predictions.classes) text += "\tp_" + name;
  if (scored.classes == 0) text += "\tvalue";
  text += '\n';
  const size_t width = scored.classes == 0 ? 1 : static_cast<size_t>(scored.classes);
  for (size_t i = 0; i < predictions.names.size(); ++i) {
    text += predictions.names[i] + '\t';
    text += scored.classes == 0 ? format_number(scored.values[i])
                                : predictions.classes[static_cast<size_t>(scored.labels[i])];
    for (size_t c = 0; c < width; ++c) text += '\t' + format_number(scored.scores[i * width + c]);
    text += '\n';
  }
  write_text_file(path, text);
}

Predictions read_predictions(const std::string& path) {
  const auto about = provenance_of(read_text_file(path));
  const TextTable table = read_text_table(path);
  const int name = table.find("name"), label = table.find("label"), value = table.find("value");
  Predictions predictions;
  predictions.task = text_of(about, "task");
  predictions.model = text_of(about, "model");
  predictions.role = text_of(about, "role");
  predictions.data_hash = text_of(about, "data_hash");
  predictions.pretrain_seed = count_of(about, "pretrain_seed");
  predictions.finetune_seed = count_of(about, "finetune_seed");
  predictions.shots = count_of(about, "shots");
  predictions.draw = count_of(about, "draw");
  std::vector<size_t> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].rfind("p_", 0) == 0) {
      columns.push_back(i);
      predictions.classes.push_back(table.columns[i].substr(2));
    }
  }
  if (name < 0 || label < 0 || (columns.empty() && value < 0)) {
    throw FormatError(path +
                      ": not a table of predictions (columns name, label and p_... or value)");
  }
  Scored& scored = predictions.scored;
  scored.classes = static_cast<int>(columns.size());
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const std::vector<std::string>& row = table.rows[i];
    predictions.names.push_back(row[static_cast<size_t>(name)]);
    const std::string& truth = row[static_cast<size_t>(label)];
    if (scored.classes == 0) {
      scored.values.push_back(number_of(truth, path, i));
      scored.scores.push_back(number_of(row[static_cast<size_t>(value)], path, i));
      continue;
    }
    const auto found = std::find(predictions.classes.begin(), predictions.classes.end(), truth);
    if (found == predictions.classes.end()) {
      throw FormatError(path + ": row " + std::to_string(i + 1) + ": label '" + truth +
                        "' has no probability column");
    }
    scored.labels.push_back(static_cast<int32_t>(found - predictions.classes.begin()));
    for (const size_t column : columns) scored.scores.push_back(number_of(row[column], path, i));
  }
  return predictions;
}

}  // namespace lexome
