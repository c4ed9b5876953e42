// The trainer against counting every pair afresh: same rules in the same order with the same
// counts.
#include "vocab/bpe_trainer.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "unit/vocab/bpe_reference.h"

namespace lexome {
namespace {

using test::plain_learn;
using test::random_bases;
using test::repetitive_bases;
using test::text_of;
using test::WeightedWord;

void expect_same(const BpeLearned& fast, const BpeLearned& plain, const std::string& what) {
  ASSERT_EQ(fast.rules.size(), plain.rules.size()) << what;
  for (size_t i = 0; i < plain.rules.size(); ++i) {
    ASSERT_EQ(fast.counts[i], plain.counts[i]) << what << " rule " << i;
    ASSERT_EQ(fast.rules[i].left, plain.rules[i].left) << what << " rule " << i;
    ASSERT_EQ(fast.rules[i].right, plain.rules[i].right) << what << " rule " << i;
    ASSERT_EQ(fast.rules[i].result, plain.rules[i].result) << what << " rule " << i;
  }
  ASSERT_EQ(fast.pieces, plain.pieces) << what;
}

TEST(BpeTrainer, LearnsTheRulesOfADefinitionThatCountsAfresh) {
  for (uint64_t key = 0; key < 60; ++key) {
    std::vector<WeightedWord> words;
    for (uint64_t w = 0; w <= key % 4; ++w) {
      const uint64_t seed = key * 10 + w;
      const size_t length = 20 + 97 * (seed % 7);
      words.push_back({key % 3 == 0   ? random_bases(length, seed, 2)
                       : key % 3 == 1 ? repetitive_bases(length, seed)
                                      : random_bases(length, seed)});
    }
    for (const bool wide : {false, true}) {
      const BpeLearnOptions options = {
          .pieces = 120, .min_count = 1 + static_cast<int64_t>(key % 3), .wide = wide};
      expect_same(learn_bpe(text_of(words), options), plain_learn(words, options),
                  "case " + std::to_string(key));
    }
  }
}

TEST(BpeTrainer, LearnsALargeVocabularyExactly) {
  const std::vector<WeightedWord> words = {{repetitive_bases(6000, 1)},
                                           {repetitive_bases(3000, 2)}};
  const BpeLearnOptions options = {.pieces = 420};
  const BpeLearned learned = learn_bpe(text_of(words), options);
  expect_same(learned, plain_learn(words, options), "large");
  EXPECT_EQ(learned.pieces.size(), 420u);
}

TEST(BpeTrainer, CountsWeights) {
  for (uint64_t key = 0; key < 20; ++key) {
    const std::vector<WeightedWord> words = {{repetitive_bases(400, key), 1000},
                                             {repetitive_bases(700, key + 100), 1},
                                             {random_bases(300, key, 2), 71},
                                             {repetitive_bases(400, key + 200), 1000}};
    const BpeLearnOptions options = {.pieces = 100, .min_count = 2};
    expect_same(learn_bpe(text_of(words), options), plain_learn(words, options),
                "weights " + std::to_string(key));
  }
}

TEST(BpeTrainer, KeepsPiecesShortWhenAsked) {
  const std::vector<WeightedWord> words = {{repetitive_bases(3000, 5)}};
  const BpeLearnOptions options = {.pieces = 200, .max_piece = 5};
  const BpeLearned learned = learn_bpe(text_of(words), options);
  expect_same(learned, plain_learn(words, options), "short");
  for (const std::string& piece : learned.pieces) EXPECT_LE(piece.size(), 5u);
}

TEST(BpeTrainer, CountsAPieceBesideItselfOnlyWhereBothCanMerge) {
  // AAAAA holds AA twice and CGCGCG holds CG three times, so CG comes first.
  BpeText text;
  text.add(bases_from("AAAAANCGCGCG"));
  const BpeLearned learned = learn_bpe(std::move(text), {.pieces = 6, .min_count = 2});
  ASSERT_EQ(learned.counts, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(learned.pieces[4], "CG");
  EXPECT_EQ(learned.pieces[5], "AA");
}

TEST(BpeTrainer, TakesTheLowerPiecesOfEqualCounts) {
  BpeText text;
  text.add(bases_from("TGNTGNCANCANACNAC"));
  const BpeLearned learned = learn_bpe(std::move(text), {.pieces = 7, .min_count = 2});
  EXPECT_EQ(learned.pieces, (std::vector<std::string>{"A", "C", "G", "T", "AC", "CA", "TG"}));
}

TEST(BpeTrainer, HandlesWholeChromosomesOfOneLetter) {
  BpeText text;
  text.add(Bases(1'000'000, kA));
  const BpeLearned learned = learn_bpe(std::move(text), {.pieces = 12});
  EXPECT_EQ(learned.pieces.back().size(), 256u);
  EXPECT_EQ(learned.counts.front(), 500'000);
}

TEST(BpeTrainer, RefusesNothingToLearnFrom) {
  BpeText text;
  text.add(bases_from("NNNN"));
  EXPECT_THROW(learn_bpe(std::move(text), {}), InputError);
  BpeText some;
  some.add(bases_from("ACGT"));
  EXPECT_THROW(learn_bpe(std::move(some), {.pieces = 3}), ConfigError);
}

TEST(BpeTrainer, StopsWhenNothingRepeats) {
  BpeText text;
  text.add(bases_from("ACGT"));
  const BpeLearned learned = learn_bpe(std::move(text), {.pieces = 100, .min_count = 2});
  EXPECT_EQ(learned.pieces.size(), 4u);
}

}  // namespace
}  // namespace lexome
