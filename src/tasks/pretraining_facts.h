// What a model went through before it reached a task: read from its checkpoint, so that every row
// of a comparison says what its numbers cost.
#pragma once

#include <cstdint>

#include "lexome/result_table.h"
#include "train/checkpoint.h"

namespace lexome {

struct PretrainingFacts {
  int64_t seed = -1;
  int64_t bases = -1;                      // seen by these weights
  int64_t context = -1;                    // bases a window
  double masked_share = ResultRow::kNone;  // of bases really hidden, mean over the run
  double flops = ResultRow::kNone;
};

// Of a pre-trained or fine-tuned checkpoint; what it does not tell stays empty.
PretrainingFacts pretraining_facts(const LoadedModel& loaded);

// The same as members of state.json, for a fine-tuned checkpoint to pass on.
nlohmann::json to_json(const PretrainingFacts& facts);

// Fills the cells of a row.
void add_facts(const PretrainingFacts& facts, ResultRow* row);

}  // namespace lexome
