// Paired comparisons of fine-tuned runs: pre-trained against from scratch, and both against the
// baselines that stand in the same run folders. Reads what the runs left behind; nothing is trained
// or scored anew.
#pragma once

#include <string>
#include <vector>

#include "report/predictions.h"
#include "report/statistics.h"

namespace lexome {

struct CompareOptions {
  std::string metric;  // empty: mcc, or pearson for regression
  BootstrapOptions bootstrap;
};

struct ComparisonRow {
  std::string task, metric, model_a, model_b;
  double mean_a = 0, mean_b = 0;  // over runs
  int64_t runs_a = 0, runs_b = 0;
  bool paired = false;  // runs paired by their seeds
  Estimate difference;  // a - b
  double p_holm = 1;    // corrected over the rows with the same pair of roles
  std::string role_a, role_b;
  // "interval includes 0", "a is better" or "b is better", with what the interval rests on.
  std::string words() const;
};

// Folders of fine-tuning runs (seeds, tasks and models in any mixture). Every table of test
// predictions in them takes part; a baseline found in several folders with the same seed counts
// once. InputError: no predictions, one task scored on different test files, two runs of one model
// with the same seeds.
std::vector<ComparisonRow> compare_runs(const std::vector<std::string>& folders,
                                        const CompareOptions& options);

// A tab-separated table with a `#` header, and a Markdown table.
std::string comparison_tsv(const std::vector<ComparisonRow>& rows);
std::string comparison_markdown(const std::vector<ComparisonRow>& rows);

}  // namespace lexome
