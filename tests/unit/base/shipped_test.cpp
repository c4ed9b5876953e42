// Shipped files are found by name beside the program; paths are left as they are.
#include "base/shipped.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lexome {
namespace {

namespace fs = std::filesystem;

TEST(Shipped, FilesAreFoundByName) {
  const std::string folder = "shipped_" + std::to_string(getpid());
  const fs::path place = fs::canonical("/proc/self/exe").parent_path() / folder;
  fs::create_directories(place);
  std::ofstream(place / "b.toml") << "x = 1\n";
  std::ofstream(place / "a.toml") << "x = 1\n";
  EXPECT_EQ(shipped_file(folder, "a"), (place / "a.toml").string());
  EXPECT_EQ(shipped_file(folder, "b.toml"), (place / "b.toml").string());
  EXPECT_EQ(shipped_file(folder, "c"), "c");
  EXPECT_EQ(shipped_file(folder, "./a"), "./a");
  EXPECT_EQ(shipped_names(folder), (std::vector<std::string>{"a", "b"}));
  fs::remove_all(place);
  EXPECT_TRUE(shipped_names(folder).empty());
}

}  // namespace
}  // namespace lexome
