// Published scores of a suite's tasks, to stand beside its own. They come as CSV: task, metric,
// model, score, and if known protocol and source.
#pragma once

#include <vector>

#include "data/suite.h"
#include "lexome/result_table.h"

namespace lexome {

// One row a score, in the order of the tasks: role "published", split "test"; the message opens
// with "same protocol" when the file names the task's own protocol, else with "other protocol", and
// names the source. Scores of a file and metric that exceed 1 are per cent and are divided by 100.
// FormatError with file and line for a missing column or a score that is no number.
std::vector<ResultRow> published_rows(const Suite& suite);

}  // namespace lexome
