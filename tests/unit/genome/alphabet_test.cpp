// Letters, bases and strands: what every byte means, and what is refused.
#include "genome/alphabet.h"

#include <gtest/gtest.h>

#include "genome_files.h"
#include "lexome/bases.h"

namespace lexome {
namespace {

TEST(Alphabet, EveryByteMeansWhatIupacSays) {
  const std::string bases = "ACGT", ambiguous = "NRYSWKMBDHV-.*", spaces = " \t\n\v\f\r";
  for (int byte = 0; byte < 256; ++byte) {
    const char letter = static_cast<char>(byte);
    const char upper = byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 32) : letter;
    int expected = 255;
    if (byte != 0 && bases.find(upper) != std::string::npos) {
      expected = static_cast<int>(bases.find(upper));
    } else if (upper == 'U') {
      expected = kT;
    } else if (byte != 0 && ambiguous.find(upper) != std::string::npos) {
      expected = kN;
    } else if (byte != 0 && spaces.find(letter) != std::string::npos) {
      expected = kSpaceChar;
    }
    EXPECT_EQ(kBaseOfChar[byte], expected) << "byte " << byte;
  }
}

TEST(Alphabet, FoldsCaseRnaIupacGapsAndSpace) {
  EXPECT_EQ(to_letters(bases_from("acgtU uN\nRyk-.*")), "ACGTTTNNNNNNN");
  EXPECT_TRUE(bases_from("").empty());
}

TEST(Alphabet, RefusesOtherLettersWithPlaceAndPosition) {
  const auto message = [](std::string_view letters) {
    return message_of<InputError>([&] { bases_from(letters, "reads.csv:7"); });
  };
  EXPECT_TRUE(holds(message("ACGE"), "reads.csv:7: letter 'E' at position 4"));
  EXPECT_TRUE(holds(message("ACGE"), "protein"));
  EXPECT_TRUE(holds(message("AC 1"), "letter '1' at position 4"));
  EXPECT_TRUE(holds(message(std::string_view("A\0", 2)), "byte 0x00 at position 2"));
  for (const char letter : std::string("EFIJLOPQXZefijlopqxz0123456789@#")) {
    EXPECT_THROW(bases_from(std::string(1, letter)), InputError) << letter;
  }
}

TEST(Alphabet, ReverseComplementUndoesItself) {
  EXPECT_EQ(to_letters(reverse_complement(bases_from("AACGTN"))), "NACGTT");
  const Bases bases = bases_from(messy_letters(1, 1001));
  EXPECT_EQ(reverse_complement(reverse_complement(bases)), bases);
  EXPECT_TRUE(reverse_complement(Bases{}).empty());
}

}  // namespace
}  // namespace lexome
