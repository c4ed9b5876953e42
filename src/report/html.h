// `lexome report`: one self-contained page (or Markdown, or TSV) from run folders and result
// tables. The page opens offline: style, script, plotting libraries and data are inside it.
#pragma once

#include <string>
#include <vector>

#include "report/run_folder.h"

namespace lexome {

// A paired difference worth showing: "prom_core_tata: pretrained - scratch".
struct ShownDifference {
  std::string name;
  double value = 0, low = 0, high = 0;
  bool includes_zero = true;
  int64_t runs = 0, items = 0;
};

struct ReportRequest {
  std::vector<std::string> inputs;
  std::string out = "-";
  std::string format = "html";  // html | md | tsv
  std::string title = "lexome report";
  bool force = false, provenance = true;
  std::string command;
  std::vector<ShownDifference> differences;
  std::string metric;  // what `differences` and the overview speak of; empty: the first found
};

// Throws IoError, InputError, FormatError; writes nothing then.
void write_report(const ReportRequest& request);

}  // namespace lexome
