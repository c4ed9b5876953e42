// The `##` lines that open every text output, and the build's own identity.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lexome {

std::string version();       // "0.1.0"
std::string build_commit();  // short hash, "+dirty" if so, "unknown" outside git
// "##lexome_version=0.1.0\n##command=...\n" then one line for each further pair.
std::string provenance_lines(const std::string& command,
                             const std::vector<std::pair<std::string, std::string>>& more = {});

}  // namespace lexome
