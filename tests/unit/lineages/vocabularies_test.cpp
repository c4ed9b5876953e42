// Vocabularies whose codes see beyond their base: what is counted, what is read once, and names.
#include "lineages/vocabularies.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "lineages/base_codes.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;

// Two levels of codes; level n is a function of the n bases on both sides of a base, what lies
// beyond an end being letters of its own. Counts the bases it is asked for.
class SeeingTokenizer : public Tokenizer {
 public:
  std::string_view kind() const override { return "seeing"; }
  std::string describe() const override { return "two levels"; }
  Sees sees() const override { return {2, 2}; }
  bool tiles() const override { return true; }
  bool regular() const override { return true; }
  int num_levels() const override { return 2; }
  int32_t vocab_size(int = 0) const override { return kCodes + 1; }
  SpecialIds specials(int = 0) const override { return {.unk = kCodes}; }
  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    std::vector<Tokens> all;
    for (const Window& window : windows) {
      asked_ += window.bases.size();
      Tokens tokens;
      tokens.covers = Covers::regular(0, 1, 1, window.bases.size());
      for (const int64_t reach : {1, 2}) {
        std::vector<int32_t> ids;
        for (size_t i = 0; i < window.bases.size(); ++i)
          ids.push_back(code(window.bases, i, reach));
        tokens.levels.push_back(std::move(ids));
      }
      all.push_back(std::move(tokens));
    }
    return all;
  }
  Bases decode(const Tokens&) const override { return {}; }
  std::string token_text(int32_t id, int = 0) const override { return std::to_string(id); }
  BasesView spelling(int32_t, int = 0) const override { return {}; }
  std::string to_json() const override { return "{}"; }

  static int32_t code(BasesView bases, size_t at, int64_t reach) {
    if (bases[at] >= kN) return kCodes;
    int64_t sum = 0;
    for (int64_t i = -reach; i <= reach; ++i) {
      const int64_t b = static_cast<int64_t>(at) + i;
      const bool inside = b >= 0 && b < static_cast<int64_t>(bases.size());
      sum = 7 * sum + (inside ? bases[static_cast<size_t>(b)] : 5);
    }
    return static_cast<int32_t>(sum % kCodes);
  }
  size_t asked() const { return asked_; }

 private:
  static constexpr int32_t kCodes = 97;
  mutable size_t asked_ = 0;
};

class OtherShape final : public SeeingTokenizer {
 public:
  int32_t vocab_size(int level = 0) const override {
    return SeeingTokenizer::vocab_size(level) + level;
  }
};

class WithoutIds final : public Tokenizer {
 public:
  std::string_view kind() const override { return "units"; }
  std::string describe() const override { return "units"; }
  bool tiles() const override { return true; }
  bool regular() const override { return false; }
  int num_levels() const override { return 0; }
  int32_t vocab_size(int = 0) const override { return 0; }
  SpecialIds specials(int = 0) const override { return {}; }
  std::vector<Tokens> encode(std::span<const Window>) const override { return {}; }
  Bases decode(const Tokens&) const override { return {}; }
  std::string token_text(int32_t, int = 0) const override { return ""; }
  BasesView spelling(int32_t, int = 0) const override { return {}; }
  std::string to_json() const override { return "{}"; }
};

Bases made_up(size_t length) {
  Bases bases;
  for (uint64_t i = 0, state = 88172645463325252ULL; i < length; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    bases.push_back(static_cast<Base>(state % 4));
  }
  return bases;
}

TEST(BaseCodes, CountWhereAllThatIsSeenIsKnown) {
  const SeeingTokenizer tokenizer;
  Bases bases = made_up(230), changed = bases;
  bases[60] = bases[61] = kN;
  changed[149] = static_cast<Base>((changed[149] + 1) % 4);
  changed[227] = kN;
  const Bases short_one = made_up(4), least = made_up(5);
  const std::vector<Bases> sequences = {bases, changed, short_one, least, {}};
  const std::vector<BaseCodes> codes = read_base_codes(sequences, tokenizer);
  ASSERT_EQ(codes.size(), sequences.size());
  for (size_t s = 0; s < sequences.size(); ++s) {
    const Bases& own = sequences[s];
    ASSERT_EQ(codes[s].size(), 2U);
    for (size_t i = 0; i < own.size(); ++i) {
      bool known = i >= 2 && i + 2 < own.size();
      for (size_t b = i - 2; known && b <= i + 2; ++b) known = own[b] < kN;
      for (size_t level = 0; level < 2; ++level) {
        const int32_t expected =
            known ? SeeingTokenizer::code(own, i, static_cast<int64_t>(level) + 1) : -1;
        EXPECT_EQ(codes[s][level][i], expected) << s << " " << i << " " << level;
      }
    }
  }
  EXPECT_GE(codes[3][0][2], 0);  // five bases, of which the middle one sees all
}

TEST(BaseCodes, SharedStretchesAreReadOnce) {
  const SeeingTokenizer one, many;
  const Bases bases = made_up(3000);
  read_base_codes({bases}, one);
  std::vector<Bases> relatives(50, bases);
  for (size_t i = 0; i < relatives.size(); ++i) {
    relatives[i][1500] = static_cast<Base>((bases[1500] + i) % 4);
  }
  read_base_codes(relatives, many);
  // The stretch it is in and the one that sees it, 50 bases and 2 on each side, have four versions.
  EXPECT_EQ(many.asked(), one.asked() + 2 * 3 * 54);
}

TEST(Vocabularies, ARowALevel) {
  const auto tokenizer = std::make_shared<const SeeingTokenizer>();
  const Vocabularies vocabularies({{"net", tokenizer}});
  const std::vector<FeatureRows> rows = vocabularies.features({made_up(40)});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].name, "one-hot");
  EXPECT_EQ(rows[2].name, "seeing (net), level 1");
  EXPECT_EQ(rows[3].name, "seeing (net), level 2");
  for (const FeatureRows& level : rows) {
    double sum = 0;
    for (const double value : level.rows.value) sum += value;
    EXPECT_NEAR(sum, 1, 1e-12) << level.name;
  }
  const std::vector<NamedReader> readers = vocabularies.readers();
  ASSERT_EQ(readers.size(), 2U);
  EXPECT_EQ(readers[1].levels.size(), 2U);
  EXPECT_EQ(readers[1].flank, NamedReader::kLeastFlank);
  // An edit changes what lies within each level's reach.
  Bases before = made_up(41), after = before;
  after[20] = static_cast<Base>((after[20] + 1) % 4);
  const auto read = readers[1].read({before, after});
  for (size_t level = 0; level < 2; ++level) {
    size_t apart = 0;
    for (size_t b = 0; b < before.size(); ++b) apart += read[0][level][b] != read[1][level][b];
    EXPECT_EQ(apart, 2 * (level + 1) + 1);
  }
  EXPECT_EQ(vocabularies.described(), (std::vector<std::string>{"seeing (net): two levels."}));
}

TEST(Vocabularies, TwinsByName) {
  const auto net = std::make_shared<const SeeingTokenizer>();
  const auto bpe = std::make_shared<const OtherShape>();
  const Vocabularies vocabularies({{"other", bpe}, {"net-untrained", net}, {"net", net}});
  EXPECT_EQ(vocabularies.twins(), (std::vector<int32_t>{-1, -1, -1, -1, -1, -1, 4, 5}));
  EXPECT_EQ(vocabularies.described().back(),
            "seeing (net): two levels. The same untrained, by its name: seeing (net-untrained).");
  EXPECT_NE(message_of<ConfigError>([&] {
              Vocabularies({{"net", net}, {"net-untrained", bpe}});
            }).find("seeing (net-untrained) is by its name seeing (net) untrained, but of another"),
            std::string::npos);
}

TEST(Vocabularies, Refused) {
  const auto tokenizer = std::make_shared<const SeeingTokenizer>();
  EXPECT_NE(message_of<ConfigError>([&] {
              Vocabularies({{"net", tokenizer}, {"net", tokenizer}});
            }).find("two vocabularies would be called seeing (net)"),
            std::string::npos);
  const Vocabularies seeing({{"net", tokenizer}});
  seeing.check_window(5);
  EXPECT_NE(message_of<ConfigError>([&] {
              seeing.check_window(4);
            }).find("--window 4: a code of seeing (net) sees 5 bases"),
            std::string::npos);
  EXPECT_NE(message_of<InputError>([] {
              Vocabularies({{"run", std::make_shared<const WithoutIds>()}});
            }).find("run: its tokens have no ids"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
