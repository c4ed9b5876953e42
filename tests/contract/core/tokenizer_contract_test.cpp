// What every tokenizer in the table promises, whatever it is: covers, reach, independence of batch
// and threads, saving, decoding, odd inputs. A new entry is tested by standing in the table; so is
// the stranger that this file adds to it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "base/threads.h"
#include "contract/core/run_tokenizer.h"
#include "lexome/error.h"
#include "vocab/registry.h"
#include "vocab/saved.h"

namespace lexome {

void PrintTo(const TokenizerEntry& entry, std::ostream* out) { *out << entry.name; }

namespace {

std::vector<TokenizerEntry> whole_table() {
  const auto own = tokenizer_registry();
  std::vector<TokenizerEntry> table(own.begin(), own.end());
  table.push_back(test::runs_tokenizer());
  return table;
}

Bases random_bases(size_t length, uint64_t key, double unknown = 0.0) {
  Random random(31, Purpose::kTest, key);
  Bases bases(length);
  for (Base& base : bases) {
    base = random.chance(unknown) ? kN : static_cast<Base>(random.below(4));
  }
  return bases;
}

// Random bases with stretches that come again, so that learned pieces occur.
Bases repetitive_bases(size_t length, uint64_t key) {
  Random random(32, Purpose::kTest, key);
  Bases bases = random_bases(64, key);
  while (bases.size() < length) {
    const size_t from = random.below(bases.size() - 32);
    const size_t piece = 1 + random.below(30);
    for (size_t i = 0; i < piece; ++i) bases.push_back(bases[from + i]);
    bases.push_back(static_cast<Base>(random.below(4)));
  }
  bases.resize(length);
  return bases;
}

const std::vector<Bases>& inputs() {
  static const std::vector<Bases> all = {
      {},
      {kA},
      {kT},
      {kN},
      Bases(50, kN),
      Bases(333, kA),
      bases_from("acgtnnACGU"),
      random_bases(5, 1),
      random_bases(1000, 2),
      random_bases(1000, 3, 0.02),
      repetitive_bases(1000, 4),
      repetitive_bases(1000, 5),
  };
  return all;
}

// Tokens as comparable text.
std::string shown(const Tokens& tokens) {
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    text += std::to_string(tokens.covers[i].start) + "+" + std::to_string(tokens.covers[i].length);
    for (const auto& level : tokens.levels) text += ":" + std::to_string(level[i]);
    text += " ";
  }
  return text;
}

bool tiles_window(const Tokens& tokens, size_t length) {
  uint32_t next = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens.covers[i].start != next || tokens.covers[i].length == 0) return false;
    next = tokens.covers[i].end();
  }
  return next == length;
}

// A small genome on disk, for entries that learn from one.
class SmallGenome {
 public:
  SmallGenome()
      : folder_(std::filesystem::temp_directory_path() /
                ("lexome_contract_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    const std::string fasta = (folder_ / "small.fa").string();
    std::ofstream(fasta) << ">one\n"
                         << to_letters(repetitive_bases(20000, 6)) << "\n>two\n"
                         << to_letters(random_bases(3000, 7, 0.01)) << "\n";
    genomes_ = GenomeSet::open({fasta}, {.alias = false, .cache_dir = folder_.string()});
  }
  ~SmallGenome() { std::filesystem::remove_all(folder_); }
  const GenomeSet& genomes() const { return genomes_; }

 private:
  std::filesystem::path folder_;
  GenomeSet genomes_;
};

class TokenizerContract : public testing::TestWithParam<TokenizerEntry> {
 protected:
  TokenizerContract() { make_variants(); }

  // The entry with default options, then with each value of each choice and each flag turned;
  // options that only fit together are listed here.
  void make_variants() {
    std::vector<std::vector<std::pair<std::string, std::string>>> settings = {{}};
    const auto any = GetParam().trainer();
    const Fields known = any->fields();
    for (const Fields::Field& field : known.all()) {
      if (field.type == "flag") settings.push_back({{field.key, "true"}});
      if (field.type != "choice") continue;
      for (const std::string_view value : split(field.range, '|')) {
        settings.push_back({{field.key, std::string(value)}});
      }
    }
    if (std::string(GetParam().name) == "kmer") {
      settings.push_back({{"vocab.k", "3"}, {"vocab.stride", "2"}, {"vocab.phase", "1"}});
      settings.push_back({{"vocab.stride", "6"}, {"vocab.edges", "single"}, {"vocab.phase", "4"}});
    }
    static const SmallGenome small;
    for (const auto& setting : settings) {
      const auto trainer = GetParam().trainer();
      const Fields fields = trainer->fields();
      for (const Fields::Field& field : fields.all()) {
        if (field.key == "vocab.size") field.read("150", "test");
        for (const auto& [key, value] : setting) {
          if (key == field.key) field.read(value, "test");
        }
      }
      try {
        tokenizers_.push_back(trainer->train(small.genomes(), {}));
      } catch (const ConfigError&) {
        ASSERT_FALSE(setting.empty()) << "defaults must fit together";
      }
    }
  }

  std::vector<std::shared_ptr<const Tokenizer>> tokenizers_;
};

TEST_P(TokenizerContract, NamesItselfAndItsTokens) {
  for (const auto& tokenizer : tokenizers_) {
    EXPECT_EQ(tokenizer->kind(), GetParam().name);
    EXPECT_FALSE(tokenizer->describe().empty());
    for (int level = 0; level < tokenizer->num_levels(); ++level) {
      const SpecialIds ids = tokenizer->specials(level);
      const int32_t size = tokenizer->vocab_size(level);
      for (const int32_t id : {ids.pad, ids.unk, ids.cls, ids.sep, ids.mask}) {
        EXPECT_LT(id, size);
        if (id < 0) continue;
        EXPECT_TRUE(tokenizer->spelling(id, level).empty()) << id;
      }
      EXPECT_GE(ids.unk, 0) << "N must have a token";
      std::map<std::string, int32_t> texts;
      for (int32_t id = 0; id < size; ++id) {
        const auto [found, fresh] = texts.emplace(tokenizer->token_text(id, level), id);
        EXPECT_TRUE(fresh) << found->first << " names " << found->second << " and " << id;
      }
    }
  }
}

TEST_P(TokenizerContract, CoversAreOrderedInsideTheWindowAndTileIfDeclared) {
  for (const auto& tokenizer : tokenizers_) {
    bool all_tile = true;
    for (const Bases& bases : inputs()) {
      const Tokens tokens = tokenizer->encode_one(bases);
      ASSERT_EQ(tokens.levels.size(), static_cast<size_t>(tokenizer->num_levels()));
      for (size_t i = 0; i < tokens.size(); ++i) {
        ASSERT_GT(tokens.covers[i].length, 0u);
        ASSERT_LE(tokens.covers[i].end(), bases.size());
        ASSERT_TRUE(i == 0 || tokens.covers[i].start > tokens.covers[i - 1].start);
      }
      for (size_t level = 0; level < tokens.levels.size(); ++level) {
        ASSERT_EQ(tokens.levels[level].size(), tokens.size());
        for (const int32_t id : tokens.levels[level]) {
          ASSERT_GE(id, 0);
          ASSERT_LT(id, tokenizer->vocab_size(static_cast<int>(level)));
        }
      }
      all_tile = all_tile && tiles_window(tokens, bases.size());
    }
    EXPECT_EQ(all_tile, tokenizer->tiles()) << tokenizer->describe();
  }
}

TEST_P(TokenizerContract, CoversFollowFromTheLengthAloneIfDeclaredRegular) {
  for (const auto& tokenizer : tokenizers_) {
    const auto covers = [&](const Bases& bases) {
      Tokens tokens = tokenizer->encode_one(bases);
      tokens.levels.clear();
      return shown(tokens);
    };
    const std::string first = covers(random_bases(1000, 20));
    bool same = first == covers(random_bases(1000, 21)) && first == covers(Bases(1000, kA)) &&
                first == covers(repetitive_bases(1000, 22)) &&
                first == covers(random_bases(1000, 23, 0.02));
    EXPECT_EQ(same, tokenizer->regular()) << tokenizer->describe();
  }
}

TEST_P(TokenizerContract, ABaseOutOfSightChangesNoToken) {
  for (const auto& tokenizer : tokenizers_) {
    const Sees sees = tokenizer->sees();
    const Bases bases = repetitive_bases(300, 8);
    const Tokens before = tokenizer->encode_one(bases);
    for (size_t at = 0; at < bases.size(); at += 7) {
      for (const Base other : {static_cast<Base>((bases[at] + 1) & 3), kN}) {
        Bases edited = bases;
        edited[at] = other;
        const Tokens after = tokenizer->encode_one(edited);
        ASSERT_TRUE(!tokenizer->regular() || before.size() == after.size());
        // Tokens are the same where their covers are.
        std::map<std::pair<uint32_t, uint32_t>, size_t> places;
        for (size_t i = 0; i < before.size(); ++i) {
          places[{before.covers[i].start, before.covers[i].length}] = i;
        }
        for (size_t i = 0; i < after.size(); ++i) {
          const Cover cover = after.covers[i];
          const auto found = places.find({cover.start, cover.length});
          if (found == places.end()) continue;
          const bool seen = static_cast<int64_t>(at) >= int64_t{cover.start} - sees.left &&
                            static_cast<int64_t>(at) < int64_t{cover.end()} + sees.right;
          if (seen) continue;
          for (size_t level = 0; level < after.levels.size(); ++level) {
            ASSERT_EQ(after.levels[level][i], before.levels[level][found->second])
                << tokenizer->describe() << ": base " << at << ", token " << i;
          }
        }
      }
    }
  }
}

TEST_P(TokenizerContract, UnknownTokensAreThoseThatHoldAnN) {
  for (const auto& tokenizer : tokenizers_) {
    for (const Bases& bases : inputs()) {
      const Tokens tokens = tokenizer->encode_one(bases);
      for (size_t i = 0; i < tokens.size(); ++i) {
        const BasesView cover =
            BasesView(bases).subspan(tokens.covers[i].start, tokens.covers[i].length);
        const bool unknown = std::find(cover.begin(), cover.end(), kN) != cover.end();
        ASSERT_EQ(tokens.levels[0][i] == tokenizer->specials().unk, unknown);
        if (unknown || tokenizer->num_levels() > 1) continue;
        const BasesView spelling = tokenizer->spelling(tokens.levels[0][i]);
        ASSERT_TRUE(std::equal(cover.begin(), cover.end(), spelling.begin(), spelling.end()));
      }
    }
  }
}

TEST_P(TokenizerContract, NeitherBatchNorThreadsChangeTokens) {
  for (const auto& tokenizer : tokenizers_) {
    std::vector<Window> windows;
    for (const Bases& bases : inputs()) windows.push_back({bases, {}});
    std::vector<std::string> alone;
    for (const Bases& bases : inputs()) alone.push_back(shown(tokenizer->encode_one(bases)));
    const std::vector<Tokens> together = tokenizer->encode(windows);
    ASSERT_EQ(together.size(), windows.size());
    for (size_t i = 0; i < windows.size(); ++i) EXPECT_EQ(shown(together[i]), alone[i]) << i;
    for (const int threads : {1, 4}) {
      std::vector<std::string> parallel(windows.size() * 16);
      parallel_for(static_cast<int64_t>(parallel.size()), 3, threads,
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       const Bases& bases = inputs()[static_cast<size_t>(i) % windows.size()];
                       parallel[static_cast<size_t>(i)] = shown(tokenizer->encode_one(bases));
                     }
                   });
      for (size_t i = 0; i < parallel.size(); ++i) {
        ASSERT_EQ(parallel[i], alone[i % windows.size()]) << threads << " threads";
      }
    }
  }
}

TEST_P(TokenizerContract, SavingAndLoadingKeepsEveryToken) {
  const std::vector<TokenizerEntry> table = whole_table();
  for (const auto& tokenizer : tokenizers_) {
    const std::string json = tokenizer->to_json();
    const auto loaded = tokenizer_from_json(json, "saved", table);
    EXPECT_EQ(loaded->to_json(), json);
    EXPECT_EQ(loaded->describe(), tokenizer->describe());
    for (const Bases& bases : inputs()) {
      EXPECT_EQ(shown(loaded->encode_one(bases)), shown(tokenizer->encode_one(bases)));
    }
  }
}

TEST_P(TokenizerContract, LoadingRefusesOtherTokensAndNewerVersions) {
  const std::vector<TokenizerEntry> table = whole_table();
  for (const auto& tokenizer : tokenizers_) {
    nlohmann::json json = nlohmann::json::parse(tokenizer->to_json());
    json["self_test"][0]["bases"] = to_letters(random_bases(240, 77));
    EXPECT_THROW(tokenizer_from_json(json.dump(), "edited", table), FormatError);
    json = nlohmann::json::parse(tokenizer->to_json());
    json["version"] = kTokenizerVersion + 1;
    EXPECT_THROW(tokenizer_from_json(json.dump(), "newer", table), FormatError);
  }
}

TEST_P(TokenizerContract, DecodingGivesTheBasesBackWhereCoversTile) {
  for (const auto& tokenizer : tokenizers_) {
    for (const Bases& bases : inputs()) {
      const Tokens tokens = tokenizer->encode_one(bases);
      const Bases decoded = tokenizer->decode(tokens);
      if (!tokenizer->tiles()) {
        EXPECT_LE(decoded.size(), bases.size());
        continue;
      }
      // An unknown token stands for Ns, also where only one of its bases is unknown.
      Bases expected = bases;
      for (size_t i = 0; i < tokens.size(); ++i) {
        if (tokens.levels[0][i] != tokenizer->specials().unk) continue;
        std::fill_n(expected.begin() + tokens.covers[i].start, tokens.covers[i].length, kN);
      }
      EXPECT_EQ(to_letters(decoded), to_letters(expected)) << tokenizer->describe();
    }
  }
}

TEST_P(TokenizerContract, HandlesTenMegabases) {
  Bases bases = repetitive_bases(10'000'000, 9);
  std::fill(bases.begin() + 4'000'000, bases.begin() + 4'050'000, kN);
  std::fill(bases.begin() + 6'000'000, bases.begin() + 6'300'000, kT);
  const auto& tokenizer = tokenizers_.front();
  const Tokens tokens = tokenizer->encode_one(bases);
  ASSERT_GT(tokens.size(), 0u);
  EXPECT_GT(tokens.covers[tokens.size() - 1].end(), bases.size() - 64);
  if (tokenizer->tiles()) {
    EXPECT_TRUE(tiles_window(tokens, bases.size()));
    EXPECT_TRUE(tokenizer->decode(tokens) == bases);
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, TokenizerContract, testing::ValuesIn(whole_table()),
                         [](const testing::TestParamInfo<TokenizerEntry>& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace lexome
