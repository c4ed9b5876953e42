// The one table of results: all that evaluating makes and all that reporting draws. A row is one
// metric of one task; cells that do not apply stay empty (NaN for numbers, -1 for counts).
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lexome {

struct ResultRow {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::string suite, task, model, split, metric;
  double value = kNone, interval_low = kNone, interval_high = kNone;
  int64_t n = -1, draw = -1, pretrain_seed = -1, finetune_seed = -1;
  int64_t params_trunk = -1, params_embedding = -1, params_total = -1;
  int64_t bases_seen = -1;
  double flops = kNone, wall_s = kNone;
  std::string data_hash, recipe;
};

class ResultTable {
 public:
  std::vector<ResultRow> rows;

  // Tab-separated with `##` provenance lines and a `#` header. Unknown columns are refused by name.
  static ResultTable read(const std::string& path);
  void write(const std::string& path) const;
  std::string to_tsv() const;
};

}  // namespace lexome
