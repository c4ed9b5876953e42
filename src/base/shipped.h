// Files that come with lexome: recipes, suites. They stand beside the program, or in the source
// tree whose build folder the program lies in.
#pragma once

#include <string>
#include <vector>

namespace lexome {

// `name` when it is a path of its own; else the file NAME or NAME.toml in the shipped folder
// ("recipes"), or `name` again when there is none.
std::string shipped_file(const std::string& folder, const std::string& name);

// Names of the shipped files of a folder, without .toml, sorted.
std::vector<std::string> shipped_names(const std::string& folder);

}  // namespace lexome
