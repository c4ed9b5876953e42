// Messages of errors.
#include "lexome/error.h"

#include <gtest/gtest.h>

namespace lexome {
namespace {

TEST(Error, IsOneLineWhateverNamesItQuotes) {
  const FormatError error("x.bin: no tensor 'a\nb\tc\x1b[2J\x7f'");
  EXPECT_STREQ(error.what(), "x.bin: no tensor 'a\\x0ab\\x09c\\x1b[2J\\x7f'");
  EXPECT_EQ(error.kind(), ErrorKind::kFormat);
}

TEST(Error, KeepsNamesOfOtherScripts) {
  EXPECT_STREQ(InputError("données/génome é.fa: empty").what(), "données/génome é.fa: empty");
}

TEST(Error, SaysTheSystemsReason) {
  EXPECT_STREQ(IoError("cannot open x.fa", 2).what(),
               "cannot open x.fa: No such file or directory");
}

}  // namespace
}  // namespace lexome
