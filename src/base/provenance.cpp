// Who made a file: version and commit from the build, and the `##` lines of text outputs.
#include "base/provenance.h"

#include "build_info.h"

namespace lexome {
namespace {

// A value must stay on its line whatever the command line held.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

std::string version() { return LEXOME_VERSION_STRING; }
std::string build_commit() { return LEXOME_COMMIT_STRING; }

std::string provenance_lines(const std::string& command,
                             const std::vector<std::pair<std::string, std::string>>& more) {
  std::string out = "##lexome_version=" + version() + "\n##command=" + one_line(command) + "\n";
  for (const auto& [key, value] : more) out += "##" + key + "=" + one_line(value) + "\n";
  return out;
}

}  // namespace lexome
