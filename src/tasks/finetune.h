// Fine-tuning: a pre-trained (or fresh) model learns a labelled task; the best checkpoint on dev is
// scored once on test, beside a k-mer logistic regression on the same rows.
#pragma once

#include "lexome/engine.h"

namespace lexome {

// Leaves in `request.out`: the checkpoint (train/checkpoint.h, with the task head), results.tsv and
// test_predictions.tsv, and test_predictions.kmer-lr.tsv with the baseline. Returns the rows of
// results.tsv; none for a dry run. ConfigError, InputError, IoError, FormatError, Interrupted.
ResultTable finetune(const FinetuneRequest& request);

}  // namespace lexome
