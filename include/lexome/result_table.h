// The one table of results: all that evaluating makes and all that reporting draws. A row is one
// metric of one run on one task; cells that do not apply stay empty (NaN for numbers, -1 for
// counts). A run that failed is one row without a metric, whose message says why.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lexome {

struct ResultRow {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  std::string suite, group, task, model;
  std::string role;  // pretrained | scratch | baseline | published
  std::string split, metric;
  double value = kNone, interval_low = kNone, interval_high = kNone;
  int64_t n = -1;
  int64_t shots = -1, draw = -1;  // training rows a class, and which draw of them; -1: all rows
  int64_t pretrain_seed = -1, finetune_seed = -1;
  int64_t params_trunk = -1, params_embedding = -1, params_total = -1;
  int64_t bases_seen = -1;               // in pre-training
  double tokens_per_base = kNone;        // of the tokenizer, on this task's training rows
  double masked_share = kNone;           // of bases really hidden in pre-training
  double pretrain_flops = kNone;         // spent before this run
  double flops = kNone, wall_s = kNone;  // of this run, choice on dev included
  std::string data_hash, recipe;
  std::string status, message;  // "failed" and why; empty for a run that ended well
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
