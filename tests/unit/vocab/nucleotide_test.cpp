// Single nucleotides: the ids of both layouts, and N.
#include "vocab/nucleotide.h"

#include <gtest/gtest.h>

#include "lexome/error.h"

namespace lexome {
namespace {

TEST(Nucleotide, NumbersBasesAsItsLayoutSays) {
  const auto plain = make_nucleotide();
  EXPECT_EQ(plain->vocab_size(), 9);
  EXPECT_EQ(plain->encode_one(bases_from("ACGTN")).levels[0],
            (std::vector<int32_t>{5, 6, 7, 8, 1}));
  const auto hyena = make_nucleotide("hyenadna");
  EXPECT_EQ(hyena->vocab_size(), 12);
  EXPECT_EQ(hyena->encode_one(bases_from("ACGTN")).levels[0],
            (std::vector<int32_t>{7, 8, 9, 10, 11}));
  EXPECT_EQ(hyena->token_text(11), "N");
  EXPECT_TRUE(hyena->spelling(11).empty());
  EXPECT_THROW(make_nucleotide("letters"), ConfigError);
}

TEST(Nucleotide, GivesTheBasesBack) {
  const auto tokenizer = make_nucleotide();
  const Bases bases = bases_from("GATTACANNCAT");
  EXPECT_EQ(tokenizer->decode(tokenizer->encode_one(bases)), bases);
  EXPECT_EQ(tokenizer->encode_one({}).size(), 0u);
}

}  // namespace
}  // namespace lexome
