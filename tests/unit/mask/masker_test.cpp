// The engine: hand examples of what is hidden, the shares of 80/10/10, purity, and windows too
// short for the policy to find anything.
#include "lexome/masker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "lexome/error.h"
#include "unit/mask/toy_tokenizer.h"

namespace lexome {
namespace {

using test::ToyTokenizer;

// Chooses a fixed set of tokens, whatever the window.
class FixedPolicy final : public MaskPolicy {
 public:
  explicit FixedPolicy(std::vector<size_t> places) : places_(std::move(places)) {}
  void choose(const Window&, const Tokens&, const MaskKey&, double,
              std::span<uint8_t> chosen) const override {
    for (const size_t place : places_) {
      if (place < chosen.size()) chosen[place] = 1;
    }
  }

 private:
  std::vector<size_t> places_;
};

MaskShares only_mask() {
  MaskShares shares;
  shares.mask = 1.0;
  shares.random = 0.0;
  return shares;
}

std::string bits(const std::vector<uint8_t>& flags) {
  std::string text;
  for (const uint8_t flag : flags) text += flag != 0 ? '1' : '0';
  return text;
}

std::vector<uint8_t> flags(const std::string& text) {
  std::vector<uint8_t> out;
  for (const char c : text) out.push_back(c == '1');
  return out;
}

std::string hidden_by(const std::vector<size_t>& places, const ToyTokenizer& toy,
                      const std::string& letters) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(toy);
  const Bases bases = bases_from(letters);
  const Window window{bases, {}};
  const Masker masker(std::make_shared<FixedPolicy>(places), tokenizer, only_mask());
  return bits(masker.mask(window, tokenizer->tokens_of(window), {1, 2, 3}).hidden);
}

TEST(Masker, OverlappingTokensHideOnlyWhatNoNeighbourSpells) {
  // Ten bases are eight 3-mers: three in a row hide one base, five hide three, the first token
  // alone hides the first base.
  EXPECT_EQ(hidden_by({3}, ToyTokenizer(3), "ACGTACGTAC"), "0000000000");
  EXPECT_EQ(hidden_by({2, 3, 4}, ToyTokenizer(3), "ACGTACGTAC"), "0000100000");
  EXPECT_EQ(hidden_by({2, 3, 4, 5, 6}, ToyTokenizer(3), "ACGTACGTAC"), "0000111000");
  EXPECT_EQ(hidden_by({0}, ToyTokenizer(3), "ACGTACGTAC"), "1000000000");
  EXPECT_EQ(hidden_by({0, 1, 2, 3, 4, 5, 6, 7}, ToyTokenizer(3), "ACGTACGTAC"), "1111111111");
}

TEST(Masker, TilesHideTheirCoverAndATailNobodyReadsIsNotHidden) {
  EXPECT_EQ(hidden_by({1}, ToyTokenizer(3, 3), "ACGTACGTAC"), "0001110000");
  EXPECT_EQ(hidden_by({0, 1, 2}, ToyTokenizer(3, 3), "ACGTACGTAC"), "1111111110");
}

TEST(Masker, ReachBeyondTheCoverKeepsBasesReadable) {
  // A tile that sees one base left and two right reads its neighbours' edges.
  EXPECT_EQ(hidden_by({1}, ToyTokenizer(4, 4, Sees{1, 2}), "ACGTACGTACGT"), "000000100000");
  EXPECT_EQ(hidden_by({0, 1}, ToyTokenizer(4, 4, Sees{1, 2}), "ACGTACGTACGT"), "111111100000");
}

TEST(Masker, HideMasksEveryTokenThatSeesAHiddenBase) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(3);
  const Bases bases = bases_from("ACGTNCGTAC");
  const Window window{bases, {}};
  const Tokens tokens = tokenizer->tokens_of(window);
  const Masker masker(std::make_shared<FixedPolicy>(std::vector<size_t>{}), tokenizer,
                      MaskShares());
  const Masked masked = masker.hide(window, tokens, flags("0000001000"));
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool sees = i >= 4 && i <= 6;
    EXPECT_EQ(masked.actions[i], sees ? MaskAction::kMask : MaskAction::kNone) << i;
    EXPECT_EQ(masked.levels[0][i], sees ? 4 : tokens.levels[0][i]) << i;
  }
  EXPECT_EQ(bits(masked.hidden), "0000001000");
  EXPECT_THROW(masker.hide(window, tokens, flags("00")), InternalError);

  const auto tiles = std::make_shared<const ToyTokenizer>(3, 3, Sees{1, 1});
  const Masker tiled(std::make_shared<FixedPolicy>(std::vector<size_t>{}), tiles, MaskShares());
  // Base 6 is read by the token on 6..8 and by the one before, whose reach ends there.
  EXPECT_EQ(bits(tiled.hide(window, tiles->tokens_of(window), flags("0000001000")).hidden),
            "0000111111");
}

TEST(Masker, UnknownTokensAreNeverChosen) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(3);
  const Bases bases = bases_from("ACGTANNACGTAC");
  const Window window{bases, {}};
  const Tokens tokens = tokenizer->tokens_of(window);
  std::vector<size_t> all(tokens.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const Masker masker(std::make_shared<FixedPolicy>(all), tokenizer, only_mask());
  const Masked masked = masker.mask(window, tokens, {1, 1, 1});
  for (size_t i = 0; i < tokens.size(); ++i) {
    const bool unknown = tokens.levels[0][i] == 1;
    EXPECT_EQ(masked.actions[i], unknown ? MaskAction::kNone : MaskAction::kMask) << i;
  }
}

TEST(Masker, AWindowWithoutAChoiceGetsOneLabelUniformly) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(3);
  const Bases bases = bases_from("ACGTANACGTA");  // tokens 0-2 and 6-8 are known
  const Window window{bases, {}};
  const Tokens tokens = tokenizer->tokens_of(window);
  const Masker masker(std::make_shared<FixedPolicy>(std::vector<size_t>{4}), tokenizer,
                      only_mask());
  std::vector<int> times(tokens.size(), 0);
  constexpr int kWindows = 6000;
  for (uint64_t i = 0; i < kWindows; ++i) {
    const Masked masked = masker.mask(window, tokens, {2, 0, i});
    int labels = 0;
    for (size_t t = 0; t < tokens.size(); ++t) {
      if (masked.actions[t] == MaskAction::kNone) continue;
      ++labels;
      ++times[t];
    }
    ASSERT_EQ(labels, 1);
  }
  for (const size_t t : {0u, 1u, 2u, 6u, 7u, 8u}) EXPECT_NEAR(times[t], 1000, 120) << t;
  for (const size_t t : {3u, 4u, 5u}) EXPECT_EQ(times[t], 0) << t;

  const Bases unknown = bases_from("NNNNNN");
  const Window dark{unknown, {}};
  const Masked nothing = masker.mask(dark, tokenizer->tokens_of(dark), {2, 0, 0});
  EXPECT_EQ(std::count(nothing.actions.begin(), nothing.actions.end(), MaskAction::kNone), 4);
  const Window empty{};
  EXPECT_TRUE(masker.mask(empty, tokenizer->tokens_of(empty), {2, 0, 0}).actions.empty());
}

TEST(Masker, SharesAndReplacementsAreAsAsked) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(2);
  Random random(11, Purpose::kTest);
  Bases bases(402);
  for (Base& base : bases) base = static_cast<Base>(random.below(4));
  const Window window{bases, {}};
  const Tokens tokens = tokenizer->tokens_of(window);
  std::vector<size_t> all(tokens.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  for (const bool whole : {false, true}) {
    MaskShares shares;
    shares.whole_vocabulary = whole;
    const Masker masker(std::make_shared<FixedPolicy>(all), tokenizer, shares);
    double count[4] = {0, 0, 0, 0};
    std::vector<int> drawn(21, 0);
    for (uint64_t i = 0; i < 500; ++i) {
      const Masked masked = masker.mask(window, tokens, {8, 0, i});
      for (size_t t = 0; t < tokens.size(); ++t) {
        ++count[static_cast<int>(masked.actions[t])];
        const int32_t id = masked.levels[0][t];
        if (masked.actions[t] == MaskAction::kMask) {
          ASSERT_EQ(id, 4);
        }
        if (masked.actions[t] == MaskAction::kKeep) {
          ASSERT_EQ(id, tokens.levels[0][t]);
        }
        if (masked.actions[t] == MaskAction::kRandom) ++drawn[static_cast<size_t>(id)];
      }
    }
    const double total = 500.0 * static_cast<double>(tokens.size());
    EXPECT_NEAR(count[1] / total, 0.8, 0.005);
    EXPECT_NEAR(count[2] / total, 0.1, 0.004);
    EXPECT_NEAR(count[3] / total, 0.1, 0.004);
    const double expected = count[2] / (whole ? 21 : 16);
    for (int id = 0; id < 21; ++id) {
      if (id < 5 && !whole) {
        EXPECT_EQ(drawn[static_cast<size_t>(id)], 0) << id;
      } else {
        EXPECT_NEAR(drawn[static_cast<size_t>(id)], expected, 0.15 * expected) << id;
      }
    }
  }
}

TEST(Masker, KeptTokensAreVisibleAndRandomOnesAreNot) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(1);
  const Bases bases(200, kC);
  const Window window{bases, {}};
  const Tokens tokens = tokenizer->tokens_of(window);
  std::vector<size_t> all(tokens.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  MaskShares shares;
  shares.mask = 0.4;
  shares.random = 0.3;
  const Masker masker(std::make_shared<FixedPolicy>(all), tokenizer, shares);
  const Masked masked = masker.mask(window, tokens, {1, 0, 0});
  for (size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(masked.hidden[i] != 0, masked.actions[i] != MaskAction::kKeep) << i;
  }
}

TEST(Masker, SameKeySameMaskAndOtherKeysOtherMasks) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(1);
  const Bases bases(300, kG);
  const Window window{bases, {}};
  const Tokens tokens = tokenizer->tokens_of(window);
  std::vector<size_t> all(tokens.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const Masker masker(std::make_shared<FixedPolicy>(all), tokenizer, MaskShares());
  const Masked masked = masker.mask(window, tokens, {5, 6, 7});
  EXPECT_EQ(masked.actions, masker.mask(window, tokens, {5, 6, 7}).actions);
  EXPECT_EQ(masked.levels, masker.mask(window, tokens, {5, 6, 7}).levels);
  EXPECT_NE(masked.actions, masker.mask(window, tokens, {4, 6, 7}).actions);
  EXPECT_NE(masked.actions, masker.mask(window, tokens, {5, 5, 7}).actions);
  EXPECT_NE(masked.actions, masker.mask(window, tokens, {5, 6, 8}).actions);
}

TEST(Masker, RefusesSharesOffTheRange) {
  const auto tokenizer = std::make_shared<const ToyTokenizer>(1);
  MaskShares shares;
  shares.mask = 0.9;
  shares.random = 0.2;
  EXPECT_THROW(Masker(std::make_shared<FixedPolicy>(std::vector<size_t>{}), tokenizer, shares),
               ConfigError);
}

}  // namespace
}  // namespace lexome
