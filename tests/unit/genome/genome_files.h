// Small helpers for the tests of floor 1: a scratch folder, files of given bytes, and the words of
// an error. Each test makes its own folder, so tests may run side by side.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/random.h"
#include "lexome/error.h"

namespace lexome {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "lexome-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw IoError("cannot make a scratch folder", errno);
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string write(std::string_view name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  size_t file_count() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_),
                                             std::filesystem::directory_iterator()));
  }

 private:
  std::string path_;
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The message of the E that `action` throws.
template <class E, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another kind of error: " << error.what();
    return "";
  }
  ADD_FAILURE() << "no error";
  return "";
}

inline testing::AssertionResult holds(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "'" << text << "' does not hold '" << part << "'";
}

// Letters as they come in soft-masked assemblies: runs of either case and of N, of many lengths.
inline std::string messy_letters(uint64_t seed, size_t count) {
  Random random(seed, Purpose::kTest);
  std::string letters;
  while (letters.size() < count) {
    const size_t run = 1 + random.below(random.chance(0.5) ? 5 : 300);
    const bool lower = random.chance(0.4), unknown = random.chance(0.2);
    for (size_t i = 0; i < run && letters.size() < count; ++i) {
      const char letter = unknown ? 'N' : "ACGT"[random.below(4)];
      letters += lower ? static_cast<char>(letter | 0x20) : letter;
    }
  }
  return letters;
}

inline std::string fasta_text(std::string_view name, std::string_view letters, size_t width,
                              std::string_view line_end = "\n") {
  std::string text = ">" + std::string(name) + std::string(line_end);
  for (size_t at = 0; at < letters.size(); at += width) {
    text += letters.substr(at, width);
    text += line_end;
  }
  return text;
}

}  // namespace lexome
