// Numbers with units, hints, and SHA-256 against FIPS 180-4's vectors.
#include "base/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;

TEST(Text, SizesTakeUnits) {
  EXPECT_EQ(parse_size("12", "x"), 12);
  EXPECT_EQ(parse_size(" 1.5k ", "x"), 1500);
  EXPECT_EQ(parse_size("3M", "x"), 3000000);
  EXPECT_EQ(parse_size("2G", "x"), 2000000000);
  EXPECT_EQ(parse_size("1e3", "x"), 1000);
  EXPECT_EQ(parse_size("-4", "x"), -4);
  EXPECT_EQ(parse_size("9007199254740993", "x"), 9007199254740993);
  EXPECT_EQ(parse_memory("512MiB", "x"), int64_t{512} << 20);
  EXPECT_EQ(parse_memory("1.5GiB", "x"), int64_t{3} << 29);
  EXPECT_EQ(parse_memory("1024", "x"), 1024);
}

TEST(Text, BadSizesNameTheOption) {
  for (const char* bad :
       {"", "k", "1.0005k", "1.5", "12x", "nan", "1e300", "9223372036854775808"}) {
    const std::string message = message_of<ConfigError>([&] { parse_size(bad, "--size"); });
    EXPECT_NE(message.find("--size"), std::string::npos) << bad;
  }
  EXPECT_THROW(parse_memory("12 MB", "--max-memory"), ConfigError);
}

TEST(Text, NumbersReadBack) {
  for (const double value : {0.1, 1e-5, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 42.0}) {
    double back = -1;
    ASSERT_TRUE(parse_double(format_number(value), &back));
    EXPECT_EQ(back, value);
  }
  int64_t integer = 0;
  EXPECT_FALSE(parse_int("", &integer));
  EXPECT_FALSE(parse_int("1.5", &integer));
  EXPECT_FALSE(parse_int("99999999999999999999", &integer));
  ASSERT_TRUE(parse_int("+17", &integer));
  EXPECT_EQ(integer, 17);
}

TEST(Text, NearestNames) {
  const std::vector<std::string> known = {"tokenizer.k", "train.steps", "train.batch", "mask.rate"};
  EXPECT_EQ(nearest_name("train.stpes", known), "train.steps");
  EXPECT_EQ(nearest_name("steps", known), "train.steps");
  EXPECT_EQ(nearest_name("Mask.Rate", known), "mask.rate");
  EXPECT_EQ(nearest_name("zzz", known), "");
}

TEST(Text, SplitAndTrim) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(trim(" \t x y \r\n"), "x y");
  EXPECT_EQ(trim("  "), "");
}

TEST(Text, PeopleReadNumbers) {
  EXPECT_EQ(with_commas(12157105), "12,157,105");
  EXPECT_EQ(with_commas(-1000), "-1,000");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(int64_t{3} << 29), "1.5 GiB");
}

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesDoNotMatter) {
  const std::string text(1000, 'x');
  for (const size_t step : {1, 3, 63, 64, 65, 500}) {
    Sha256 hash;
    for (size_t at = 0; at < text.size(); at += step) {
      hash.update(std::string_view(text).substr(at, step));
    }
    EXPECT_EQ(hash.hex(), sha256_of(text)) << step;
  }
}

// The portable block function, which this machine may not choose by itself: one padded block of
// "abc".
TEST(Sha256, PortableBlockAgrees) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  unsigned char block[64] = {'a', 'b', 'c', 0x80};
  block[63] = 24;
  detail::sha256_block_plain(state, block);
  EXPECT_EQ(state[0], 0xba7816bfu);
  EXPECT_EQ(state[1], 0x8f01cfeau);
  EXPECT_EQ(state[7], 0xf20015adu);
}

}  // namespace
}  // namespace lexome
