// Running the simulator: the same bytes for the same seed and any number of threads, others for
// another; nothing left behind when refused; settings that do not go together are named.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "genome/simulator.h"
#include "lexome/error.h"
#include "lexome/genome.h"
#include "temporary_folder.h"

namespace lexome_test {
namespace {

namespace fs = std::filesystem;
using lexome::simulate;
using lexome::SimulateOptions;

SimulateOptions small() {
  SimulateOptions options;
  options.size = 400'000;
  options.contigs = 4;
  return options;
}

std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] =
          lexome::sha256_of(slurp(entry.path().string()));
  return files;
}

TEST(Simulate, SameSeedSameBytesForAnyThreads) {
  const TemporaryFolder folder;
  simulate(small(), 5, folder / "one", false, 1);
  simulate(small(), 5, folder / "three", false, 3);
  simulate(small(), 6, folder / "other", false, 2);
  const auto one = contents(folder / "one"), other = contents(folder / "other");
  EXPECT_EQ(one, contents(folder / "three"));
  for (const char* name :
       {"genome.fa", "genome.2bit", "species2.fa", "truth.bed", "contigs.tsv", "simulate.toml",
        "tasks/pair/train.csv", "tasks/splice/test.csv", "tasks/oracle.tsv"})
    EXPECT_EQ(one.count(name), 1u) << name;
  EXPECT_NE(one.at("genome.fa"), other.at("genome.fa"));
  EXPECT_NE(one.at("tasks/pair/train.csv"), other.at("tasks/pair/train.csv"));
}

TEST(Simulate, PackedAndPlainGenomeAgree) {
  const TemporaryFolder folder;
  SimulateOptions options = small();
  options.size = 200'000;
  simulate(options, 5, folder / "sim", false, 1);
  const auto packed = lexome::Genome::open(folder / "sim/genome.2bit");
  std::map<std::string, std::string> letters;
  std::string name;
  std::ifstream in(folder / "sim/genome.fa");
  for (std::string line; std::getline(in, line);)
    if (line[0] == '>')
      name = line.substr(1);
    else
      letters[name] += line;
  ASSERT_EQ(packed.contigs().size(), letters.size());
  for (const auto& [contig, text] : letters) {
    const int index = packed.contig_index(contig);
    const auto bases = packed.fetch({contig, 0, static_cast<int64_t>(text.size()), '+'});
    std::string expected = text;
    for (const lexome::Block& run : packed.mask_blocks(index))
      for (int64_t i = run.start; i < run.end; ++i) {
        ASSERT_TRUE(std::islower(expected[i]));
        expected[i] = static_cast<char>(std::toupper(expected[i]));
      }
    EXPECT_EQ(lexome::to_letters(bases), expected);
  }
}

TEST(Simulate, RefusesExistingFoldersAndLeavesThemAlone) {
  const TemporaryFolder folder;
  simulate(small(), 1, folder / "sim", false, 2);
  const auto before = contents(folder / "sim");
  EXPECT_THROW(simulate(small(), 2, folder / "sim", false, 2), lexome::ConfigError);
  EXPECT_EQ(contents(folder / "sim"), before);
  simulate(small(), 2, folder / "sim/", true, 2);
  EXPECT_NE(contents(folder / "sim"), before);
  EXPECT_EQ(folder.entries(), 1u);

  fs::create_directories(folder / "mine");
  spill(folder / "mine/thesis.txt", "years of work");
  EXPECT_THROW(simulate(small(), 1, folder / "mine", true, 2), lexome::ConfigError);
  EXPECT_EQ(slurp(folder / "mine/thesis.txt"), "years of work");
  EXPECT_THROW(simulate(small(), 1, folder / "no/such/place", false, 2), lexome::IoError);
  EXPECT_THROW(simulate(small(), 1, "-", false, 2), lexome::ConfigError);
  EXPECT_EQ(folder.entries(), 2u);
}

TEST(Simulate, NamesSettingsThatDoNotGoTogether) {
  const TemporaryFolder folder;
  SimulateOptions options = small();
  options.contigs = 50;
  const std::string message =
      message_of<lexome::ConfigError>([&] { simulate(options, 1, folder / "sim", false, 1); });
  EXPECT_NE(message.find("simulate.contigs=50"), std::string::npos) << message;
  options = small();
  options.repeats = 0.49;
  options.microsatellites = 0.09;
  EXPECT_THROW(simulate(options, 1, folder / "sim", false, 1), lexome::ConfigError);
  options = small();
  options.pair_gap = 8;
  options.pair_jitter = 6;
  EXPECT_THROW(simulate(options, 1, folder / "sim", false, 1), lexome::ConfigError);
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(Simulate, ExtremeSettingsStillMakeAGenome) {
  const TemporaryFolder folder;
  SimulateOptions options = small();
  options.copies = 0;
  options.islands = options.tata = options.initiator = options.gc_box = options.caat_box = 1;
  options.decoys = options.pairs = 0;
  options.repeats = options.microsatellites = 0;
  options.exons = 1;
  options.format = "2bit";
  const auto summary = simulate(options, 1, folder / "bare", false, 2);
  EXPECT_GT(summary.genes, 20);
  EXPECT_FALSE(fs::exists(folder / "bare/genome.fa"));
  EXPECT_EQ(summary.repeats, 0);

  options = small();
  options.islands = options.tata = options.initiator = options.gc_box = options.caat_box = 0;
  options.repeats = 0.4;
  options.intron = 2000;
  options.pair_gap = 60;
  options.pair_jitter = 10;
  options.train_rows = 0;
  const auto rich = simulate(options, 1, folder / "rich", false, 2);
  EXPECT_NEAR(static_cast<double>(rich.repeat_bases) / static_cast<double>(rich.bases), 0.4, 0.03);
  for (const auto& task : rich.tasks)
    if (task.split == "train") {
      EXPECT_EQ(task.rows, 0);
    }
}

}  // namespace
}  // namespace lexome_test
