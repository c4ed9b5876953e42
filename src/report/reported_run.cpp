#include "report/reported_run.h"

#include <filesystem>

#include "base/file.h"
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

ReportedRun read_run(const std::string& path) {
  ReportedRun run;
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
