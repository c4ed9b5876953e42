// Intervals of a genome read as labelled sequences.
#include "data/labelled_intervals.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "temporary_folder.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::spill;
using test::ToyFolder;

TEST(LabelledIntervals, ReadsBasesOfTheStrandAndTheNameAsLabel) {
  const ToyFolder folder;
  const std::string genome = folder.genome("g.2bit", {{"c", "AACCGGTTAC"}, {"d", "GATTACA"}});
  const std::string path = folder.file("x.bed") + "@" + genome;
  spill(folder.file("x.bed"), "c\t0\t4\tyes\t2.5\t+\n\nd\t0\t7\tno\t1\t-\n");
  const LabelledSet set = read_labelled(path, {});
  ASSERT_EQ(set.rows.size(), 2u);
  EXPECT_EQ(set.classes, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(to_letters(set.rows[0].bases), "AACC");
  EXPECT_EQ(to_letters(set.rows[1].bases), "TGTAATC");
  EXPECT_EQ(set.rows[1].where, (Interval{"d", 0, 7, '-'}));
  EXPECT_EQ(set.rows[1].line, 3);
  LabelledOptions values;
  values.regression = true;
  values.label_column = "score";
  EXPECT_FLOAT_EQ(read_labelled(path, values).rows[0].value, 2.5F);
  // One file a class.
  spill(folder.file("y.bed"), "c\t4\t8\n");
  const LabelledSet classes =
      read_labelled("a=" + path + ",b=" + folder.file("y.bed") + "@" + genome, {});
  EXPECT_EQ(classes.classes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(classes.rows.size(), 3u);
}

TEST(LabelledIntervals, RefusesWhatIsOffTheGenome) {
  const ToyFolder folder;
  const std::string genome = folder.genome("g.2bit", {{"c", "AACCGGTTAC"}});
  const auto refusal = [&](const std::string& text, const std::string& column = "") {
    spill(folder.file("x.bed"), text);
    LabelledOptions options;
    options.label_column = column;
    return message_of<InputError>(
        [&] { read_labelled(folder.file("x.bed") + "@" + genome, options); });
  };
  const auto holds = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(holds(refusal("c\t0\t5\ta\nc\t5\t11\tb\n"), "x.bed:2: c:6-11 is off the contig"));
  EXPECT_TRUE(holds(refusal("chr1\t0\t5\ta\n"), "x.bed:1: contig 'chr1' is not in"));
  EXPECT_TRUE(holds(refusal("c\t5\t5\ta\n"), "is empty"));
  EXPECT_TRUE(holds(refusal("c\t0\t5\n"), "x.bed:1: the label is empty"));
  EXPECT_TRUE(holds(refusal(""), "no intervals"));
  EXPECT_TRUE(holds(refusal("c\t0\t5\ta\n", "depth"), "name, score or kind, not 'depth'"));
}

}  // namespace
}  // namespace lexome
