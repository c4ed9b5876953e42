// Evaluation of models on a suite: models x tasks x shots x draws x seeds beside baselines, each
// run a folder of its own, so that whatever interrupts the work costs one run.
#pragma once

#include "lexome/engine.h"

namespace lexome {

// Leaves an evaluation folder (docs/formats.md) and returns the rows of its results.tsv; none for a
// dry run, which writes the plan to stdout. A run that fails is a failed row. ConfigError,
// InputError, IoError, FormatError before the first run; InputError when every run failed;
// Interrupted after SIGINT or SIGTERM, with all finished runs kept.
ResultTable evaluate(const EvaluateRequest& request);

}  // namespace lexome
