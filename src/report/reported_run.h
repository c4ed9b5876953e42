// What a run left behind, read for a report: its log, results, test predictions and recipe. Every
// file is optional; a folder with none of them is refused.
#pragma once

#include <string>
#include <vector>

#include "lexome/result_table.h"
#include "report/metrics.h"
#include "report/text_table.h"

namespace lexome {

struct ReportedRun {
  std::string name;  // the folder's own name
  TextTable log;
  ResultTable results;
  std::vector<std::string> classes;
  bool has_predictions = false;
  Confusion confusion;  // of the test predictions; empty without them and for regression
  std::string recipe;
};

// `path` is a run folder, or a result table (then only `results` is filled).
ReportedRun read_run(const std::string& path);

}  // namespace lexome
