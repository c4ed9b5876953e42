// What `lexome analyze` can look at; one line each in analyze.cpp.
#pragma once

#include "cli/command_line.h"

namespace lexome::cli {

void run_analyze_lineages(CommandLine& line);
void run_analyze_motifs(CommandLine& line);
void run_analyze_units(CommandLine& line);
void run_analyze_codes(CommandLine& line);

}  // namespace lexome::cli
