// `lexome evaluate audit`: copies and near copies within and between labelled files.
#pragma once

#include "cli/command_line.h"

namespace lexome::cli {

// Called by the verb `evaluate` when its first word is "audit".
void run_evaluate_audit(CommandLine& line);

}  // namespace lexome::cli
