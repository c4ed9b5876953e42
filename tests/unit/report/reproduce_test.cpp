// Recipes of results: what is read, what is refused, and how numbers are judged.
#include "report/reproduce.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::TemporaryFolder;

std::string write(const std::string& path, const std::string& text) {
  lexome_test::spill(path, text);
  return path;
}

constexpr char kWhole[] = R"(title = "a result"
[data]
"a.csv" = "HASH"
[[run]]
command = "lexome evaluate {data}/a.csv -o 'my folder'"
[[expect]]
table = "results.tsv"
where.task = "tf/0"
where.metric = "mcc"
expected = 0.5
tolerance = 0.01
)";

std::string with_hash(const std::string& sha256) {
  std::string text = kWhole;
  return text.replace(text.find("HASH"), 4, sha256);
}

std::string refusal(const std::string& text) {
  TemporaryFolder folder;
  try {
    read_reproduction(write(folder / "r.toml", text));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "not refused";
}

TEST(Reproduction, IsReadAndItsDataAreChecked) {
  TemporaryFolder folder;
  const std::string sha256 = sha256_of("x\n");
  const Reproduction read = read_reproduction(write(folder / "r.toml", with_hash(sha256)));
  EXPECT_EQ(read.title, "a result");
  ASSERT_EQ(read.commands.size(), 1u);
  EXPECT_EQ(read.commands[0],
            (std::vector<std::string>{"evaluate", "{data}/a.csv", "-o", "my folder"}));
  EXPECT_EQ(with_folders("{data}/a.csv", "/d", "/h"), "/d/a.csv");
  try {
    check_data(read, folder.path());
    FAIL() << "a missing file passed";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("a.csv is missing"), std::string::npos);
  }
  write(folder / "a.csv", "y\n");
  try {
    check_data(read, folder.path());
    FAIL() << "another file passed";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("a.csv is another file"), std::string::npos);
  }
  write(folder / "a.csv", "x\n");
  EXPECT_NO_THROW(check_data(read, folder.path()));
}

TEST(Reproduction, RefusesWhatItDoesNotKnow) {
  const std::string good = with_hash(std::string(64, '0'));
  EXPECT_NE(refusal("titel = \"x\"\n" + good).find("unknown key titel"), std::string::npos);
  EXPECT_NE(refusal(with_hash("123")).find("no SHA-256"), std::string::npos);
  EXPECT_NE(refusal(good + "tolerence = 1\n").find("unknown key tolerence"), std::string::npos);
  EXPECT_NE(refusal("[[run]]\ncommand = \"lexome list\"\n").find("no [[expect]]"),
            std::string::npos);
  EXPECT_NE(refusal("[[run]]\ncommand = \"rm -r x\"\n").find("lexome VERB"), std::string::npos);
  EXPECT_NE(refusal("[[run]]\ncommand = \"lexome 'x\"\n").find("quote"), std::string::npos);
}

TEST(Reproduction, VerdictsNameWhatIsMissing) {
  TemporaryFolder folder;
  Reproduction all;
  ExpectedNumber number;
  number.table = "t.tsv";
  number.where = {{"task", "a"}};
  number.value = 0.5;
  number.tolerance = 0.01;
  all.expected = {number, number, number, number, number};
  all.expected[1].tolerance = 0.005;
  all.expected[2].where = {{"task", "none"}};
  all.expected[3].where = {};
  all.expected[4].column = "vaule";
  EXPECT_EQ(judge(all, folder.path())[0].problem, "no such table");
  write(folder / "t.tsv", "##x\n#task\tvalue\na\t0.51\nb\t1\n");
  const std::vector<Verdict> verdicts = judge(all, folder.path());
  EXPECT_TRUE(verdicts[0].passed());  // exactly at the tolerance
  EXPECT_DOUBLE_EQ(verdicts[0].obtained, 0.51);
  EXPECT_FALSE(verdicts[1].passed());
  EXPECT_EQ(verdicts[1].problem, "");
  EXPECT_EQ(verdicts[2].problem, "no such row");
  EXPECT_EQ(verdicts[3].problem, "2 rows match");
  EXPECT_EQ(verdicts[4].problem, "no column vaule");
  EXPECT_NE(
      verdict_table(verdicts).find("value of t.tsv where task = a\t0.5\t0.005\t0.51\tdiffers"),
      std::string::npos)
      << verdict_table(verdicts);
}

}  // namespace
}  // namespace lexome
