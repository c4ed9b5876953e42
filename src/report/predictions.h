// Test predictions of one model on one task as a text table: what paired comparisons, confusion
// matrices and later evaluation read. One row an item, in the order of the test file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/metrics.h"

namespace lexome {

// Which part a model plays in a comparison.
inline constexpr char kRolePretrained[] = "pretrained";
inline constexpr char kRoleScratch[] = "scratch";
inline constexpr char kRoleBaseline[] = "baseline";
inline constexpr char kRolePublished[] = "published";  // a score of others, beside

// Columns: name, label, then p_<class> for each class; for regression name, label, value. What the
// table is about stands in its `##` lines.
struct Predictions {
  std::string task, model, role;
  std::string data_hash;  // of the test file
  int64_t pretrain_seed = -1, finetune_seed = -1;
  int64_t shots = -1, draw = -1;  // as in a ResultRow
  std::vector<std::string> names, classes;
  Scored scored;
};

void write_predictions(const Predictions& predictions, const std::string& command,
                       const std::string& path);
// FormatError names file and line.
Predictions read_predictions(const std::string& path);

}  // namespace lexome
