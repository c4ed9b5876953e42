// Runs a Python script as an oracle: Debian's interpreter, or the one LEXOME_PYTHON names. Tests
// skip with the reason given when the interpreter or one of its modules is missing.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lexome::testing {

struct OracleAnswer {
  bool available = false;
  std::string reason;  // why not available
  std::string text;    // what the script printed
};

inline std::string python_program() {
  const char* named = std::getenv("LEXOME_PYTHON");
  return named != nullptr && *named != '\0' ? named : "/usr/bin/python3";
}

inline std::string output_of(const std::string& command, int* status) {
  std::string text;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    *status = -1;
    return text;
  }
  std::array<char, 4096> buffer{};
  size_t got = 0;
  while ((got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0) text.append(buffer.data(), got);
  *status = pclose(pipe);
  return text;
}

// `modules` as in an import statement: "sklearn, scipy". The script runs from a file in `folder`,
// with `arguments` behind it.
inline OracleAnswer ask_python(const std::string& modules, const std::string& script,
                               const std::filesystem::path& folder,
                               const std::string& arguments = "") {
  OracleAnswer answer;
  int status = 0;
  output_of(python_program() + " -c 'import " + modules + "' 2>/dev/null", &status);
  if (status != 0) {
    answer.reason = python_program() + " cannot import " + modules +
                    "; install it or set LEXOME_PYTHON to run this check";
    return answer;
  }
  const std::filesystem::path file = folder / "oracle.py";
  std::ofstream(file) << script;
  answer.text = output_of(python_program() + " '" + file.string() + "' " + arguments, &status);
  answer.available = true;
  if (status != 0) answer.text = "the oracle failed: " + answer.text;
  return answer;
}

}  // namespace lexome::testing
