// Genomes made of given letters, written as .2bit into a folder that goes away with the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "genome/twobit.h"
#include "lexome/genome.h"

namespace lexome::test {

inline std::string random_letters(size_t count, uint64_t seed) {
  Random random(seed, Purpose::kTest);
  std::string letters(count, 'A');
  for (char& letter : letters) letter = "ACGT"[random.below(4)];
  return letters;
}

class ToyFolder {
 public:
  ToyFolder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            (std::string("lexome_") + info->test_suite_name() + "_" + info->name() + "_" +
             std::to_string(getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~ToyFolder() { std::filesystem::remove_all(path_); }
  ToyFolder(const ToyFolder&) = delete;
  ToyFolder& operator=(const ToyFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string genome(const std::string& name,
                     const std::vector<std::pair<std::string, std::string>>& contigs) const {
    TwoBitWriter writer(file(name), true);
    for (const auto& [contig, letters] : contigs) {
      writer.begin_contig(contig);
      writer.append(letters.data(), letters.size());
      writer.end_contig();
    }
    writer.finish();
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

inline std::shared_ptr<const GenomeSet> open_genomes(const std::vector<std::string>& specs) {
  return std::make_shared<const GenomeSet>(GenomeSet::open(specs));
}

}  // namespace lexome::test
