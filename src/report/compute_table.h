// Equal compute: which arms of an evaluation may be compared, and the tables of DESIGN's two
// comparisons. (A) "bases": the same bases seen, the same context in bases, the same trunk; (B)
// "flops": the same cost of pre-training, tokenizer and head included.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lexome/result_table.h"

namespace lexome {

struct ArmCompute {
  std::string model, role;
  int64_t pretrain_seed = -1;
  int64_t bases_seen = -1, context = -1;
  int64_t params_trunk = -1, params_embedding = -1, params_total = -1;
  double masked_share = ResultRow::kNone, pretrain_flops = ResultRow::kNone;
};

// One sentence for each quantity in which pre-trained arms differ by more than the share
// `most` (largest over smallest, less 1), or that is not known of one of them. `kind` is "bases" or
// "flops".
std::vector<std::string> unequal_compute(const std::vector<ArmCompute>& arms,
                                         const std::string& kind, double most);

// One line a model and number of shots: its compute, then the mean score on the test set of each
// task (over seeds and draws, of its metric in `metrics`), and their means over tasks and over
// groups (empty unless every task has a score). Column "equal" says whether a pre-trained model
// stands within `most` of the first one.
std::string compute_table(const ResultTable& results, const std::vector<ArmCompute>& arms,
                          const std::map<std::string, std::string>& metrics,
                          const std::string& kind, double most);

}  // namespace lexome
