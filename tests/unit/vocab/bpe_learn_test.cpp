// From genomes to a BPE vocabulary: what is read, how weights and strands count, and what happens
// when memory does not suffice.
#include "vocab/bpe_learn.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "lexome/error.h"
#include "unit/vocab/bpe_reference.h"

namespace lexome {
namespace {

using test::repetitive_bases;
using Settings = std::vector<std::pair<std::string, std::string>>;

class BpeLearn : public testing::Test {
 protected:
  BpeLearn()
      : folder_(std::filesystem::temp_directory_path() /
                ("lexome_bpe_learn_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~BpeLearn() override { std::filesystem::remove_all(folder_); }

  std::string fasta(const std::string& name, const std::vector<Bases>& contigs) {
    const std::string path = (folder_ / name).string();
    std::ofstream out(path);
    for (size_t c = 0; c < contigs.size(); ++c) {
      out << ">" << c << "\n" << to_letters(contigs[c]) << "\n";
    }
    return path;
  }
  BpeVocabulary learned(const std::vector<std::string>& specs, const Settings& settings,
                        const VocabContext& context = {}) {
    const GenomeSet genomes =
        GenomeSet::open(specs, {.alias = false, .cache_dir = folder_.string()});
    const auto trainer = bpe_vocab_trainer();
    const Fields fields = trainer->fields();
    for (const Fields::Field& field : fields.all()) {
      for (const auto& [key, value] : settings) {
        if (key == field.key) field.read(value, "test");
      }
    }
    return *bpe_vocabulary(*trainer->train(genomes, context));
  }

  std::filesystem::path folder_;
};

TEST_F(BpeLearn, ReadsEveryContigAsAWord) {
  Bases first = repetitive_bases(30'000, 1);
  std::fill(first.begin() + 700, first.begin() + 720, kN);
  const Bases second = repetitive_bases(5000, 2);
  const BpeVocabulary vocabulary =
      learned({fasta("a.fa", {first, second})}, {{"vocab.size", "205"}});
  BpeText text;
  text.add(first);
  text.end_word();
  text.add(second);
  const BpeVocabulary direct = bpe_vocabulary_from(learn_bpe(std::move(text), {.pieces = 200}), "");
  EXPECT_EQ(vocabulary.texts, direct.texts);
  EXPECT_EQ(vocabulary.merges, direct.merges);
  const auto record = nlohmann::json::parse(vocabulary.training);
  EXPECT_EQ(record.at("bases"), 34'980);
  EXPECT_EQ(record.at("sampled"), false);
}

TEST_F(BpeLearn, BothStrandsLearnTheSameFromEither) {
  const Bases bases = repetitive_bases(20'000, 3);
  const Settings settings = {{"vocab.size", "150"}, {"vocab.both_strands", "true"}};
  const BpeVocabulary forward = learned({fasta("f.fa", {bases})}, settings);
  const BpeVocabulary reverse = learned({fasta("r.fa", {reverse_complement(bases)})}, settings);
  EXPECT_EQ(forward.merges, reverse.merges);
  EXPECT_NE(forward.merges, learned({fasta("f.fa", {bases})}, {{"vocab.size", "150"}}).merges);
}

TEST_F(BpeLearn, CountsAGenomeByItsWeight) {
  const Bases heavy = repetitive_bases(4000, 4), light = repetitive_bases(20'000, 5);
  const BpeVocabulary vocabulary =
      learned({fasta("h.fa", {heavy}) + ",weight=2.5", fasta("l.fa", {light}) + ",weight=0.5"},
              {{"vocab.size", "105"}});
  BpeText text;
  text.add(heavy, 5000);
  text.end_word();
  text.add(light, 1000);
  const BpeVocabulary direct =
      bpe_vocabulary_from(learn_bpe(std::move(text), {.pieces = 100, .min_count = 2000}), "");
  EXPECT_EQ(vocabulary.merges, direct.merges);
}

TEST_F(BpeLearn, SamplesWhenMemoryDoesNotSuffice) {
  std::vector<Bases> contigs;
  for (uint64_t c = 0; c < 3; ++c) contigs.push_back(repetitive_bases(400'000, 10 + c));
  const std::string one = fasta("one.fa", contigs) + ",weight=3";
  const std::string two = fasta("two.fa", {repetitive_bases(1'200'000, 20)});
  const int64_t budget = 800'000 * kBpeBytesPerBase;
  const auto sampled = [&](uint64_t seed) {
    return learned({one, two}, {{"vocab.size", "105"}},
                   {.threads = 1, .seed = seed, .max_memory = budget});
  };
  const BpeVocabulary first = sampled(1);
  const auto record = nlohmann::json::parse(first.training);
  EXPECT_EQ(record.at("sampled"), true);
  EXPECT_EQ(record.at("seed"), 1);
  EXPECT_LE(record.at("bases"), 800'000);
  EXPECT_GE(record.at("bases"), 700'000);
  // Three times the weight, the same size: three times the sample.
  EXPECT_EQ(record.at("genomes")[0].at("bases_read"), 600'000);
  EXPECT_EQ(record.at("genomes")[1].at("bases_read"), 200'000);
  EXPECT_EQ(sampled(1).merges, first.merges);
  EXPECT_EQ(sampled(1).training, first.training);
  EXPECT_NE(sampled(2).merges, first.merges);
}

TEST_F(BpeLearn, NeedsAGenome) {
  EXPECT_THROW(bpe_vocab_trainer()->train({}, {}), ConfigError);
  EXPECT_TRUE(bpe_vocab_trainer()->needs_genome());
}

}  // namespace
}  // namespace lexome
