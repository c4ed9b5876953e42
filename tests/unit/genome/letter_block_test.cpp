// The vector arithmetic of packing against the table that says what letters mean.
#include "genome/letter_block.h"

#include <gtest/gtest.h>

#include <array>

#include "genome_files.h"
#include "lexome/bases.h"

namespace lexome {
namespace {

bool is_base(char letter) { return kBaseOfChar[static_cast<uint8_t>(letter)] < 4; }

TEST(LetterBlock, EveryByteAtEveryPlaceIsClassifiedAsTheTableSays) {
  for (int byte = 0; byte < 256; ++byte) {
    const char letter = static_cast<char>(byte);
    for (size_t place = 0; place < kBlockLetters; ++place) {
      std::string block(kBlockLetters, place % 2 == 0 ? 'A' : 'c');
      block[place] = letter;
      const BlockBits bits = classify_block(block.data());
      ASSERT_EQ(bits.uracil, letter == 'U' || letter == 'u');
      for (size_t i = 0; i < kBlockLetters; ++i) {
        ASSERT_EQ((bits.other >> i) & 1, is_base(block[i]) ? 0u : 1u) << byte << " at " << place;
        ASSERT_EQ((bits.lower >> i) & 1, (static_cast<uint8_t>(block[i]) >> 5) & 1u) << byte;
      }
    }
  }
}

TEST(LetterBlock, PlainLettersAreFoundAtEveryLength) {
  for (size_t length = 0; length < 70; ++length) {
    const std::string letters = std::string("ACGTUNacgtun").append(60, 'g').substr(0, length);
    EXPECT_TRUE(all_plain_letters(letters.data(), letters.size()));
    for (size_t place = 0; place < length; ++place) {
      for (const char strange : {'R', '-', ' ', '\r', 'E', '@', '\0', '\xC1'}) {
        std::string other = letters;
        other[place] = strange;
        ASSERT_FALSE(all_plain_letters(other.data(), other.size())) << place << " of " << length;
      }
    }
  }
}

TEST(LetterBlock, PacksAsTwoBitWantsIt) {
  constexpr std::string_view kCodes = "TCAG";
  Random random(1, Purpose::kTest);
  for (int round = 0; round < 200; ++round) {
    std::string block;
    std::array<uint8_t, kBlockBytes> expected{}, packed{};
    for (size_t i = 0; i < kBlockLetters; ++i) {
      const auto code = static_cast<uint8_t>(random.below(4));
      const char letter = code == 0 && random.chance(0.3) ? 'U' : kCodes[code];
      block += random.chance(0.5) ? static_cast<char>(letter | 0x20) : letter;
      expected[i / 4] = static_cast<uint8_t>(expected[i / 4] | code << (6 - 2 * (i % 4)));
    }
    pack_block(block.data(), packed.data());
    ASSERT_EQ(packed, expected);
  }
}

}  // namespace
}  // namespace lexome
