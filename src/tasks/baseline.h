// The baseline every fine-tuned model stands beside: logistic (or ridge) regression on k-mer
// counts, trained on the same rows, chosen on the same dev set, scored on the same test set.
#pragma once

#include "lexome/result_table.h"
#include "report/metrics.h"
#include "tasks/finetune_data.h"

namespace lexome {

inline constexpr char kKmerBaseline[] = "kmer-lr";

struct BaselineScores {
  ResultRow about;  // cells of its rows: its own name, size and time
  Scored dev, test;
};

// Adds its dev and test rows to the table. `about` is the fine-tuned model's: task and seed are
// taken over.
BaselineScores score_kmer_baseline(const FinetuneData& data, const ResultRow& about, int threads,
                                   ResultTable* table);

}  // namespace lexome
