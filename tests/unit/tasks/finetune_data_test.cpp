// Names of tasks, duplicates between sets, and the dev set that is made when none is given.
#include "tasks/finetune_data.h"

#include <gtest/gtest.h>

#include "unit/tasks/support.h"

namespace lexome {
namespace {

LabelledSet set_of(const std::vector<std::pair<std::string, int>>& rows) {
  LabelledSet set;
  set.classes = {"0", "1"};
  for (const auto& [letters, label] : rows) {
    LabelledRow row;
    row.bases = bases_from(letters);
    row.label = label;
    set.rows.push_back(std::move(row));
  }
  return set;
}

TEST(FinetuneData, TaskNames) {
  EXPECT_EQ(task_name("/data/gue/prom/prom_core_tata/train.csv"), "prom/prom_core_tata");
  EXPECT_EQ(task_name("/data/gue/tf/0/train.csv.gz"), "tf/0");
  EXPECT_EQ(task_name("/data/promoters.tsv"), "promoters");
  EXPECT_EQ(task_name("/train.csv"), "");
}

TEST(FinetuneData, FindsDuplicatesOnBothStrands) {
  const LabelledSet train = set_of({{"AACC", 0}, {"ACGTT", 1}, {"GATTACA", 1}});
  const LabelledSet test = set_of({{"AACC", 0}, {"GGTT", 0}, {"TGTAATC", 0}, {"CCCC", 1}});
  const Duplicates found = find_duplicates(test, {&train});
  EXPECT_EQ(found.same, 1);
  EXPECT_EQ(found.reversed, 2);
  EXPECT_EQ(found.other_label, 1);  // GATTACA is 1 there and 0 here
  EXPECT_EQ(found.found, (std::vector<uint8_t>{1, 1, 1, 0}));
  EXPECT_EQ(find_duplicates(test, {}).same, 0);
}

TEST(FinetuneData, MakesADevSetOfTheTrainingRows) {
  const testing::TemporaryFolder folder;
  FinetuneRequest request;
  request.train = testing::write_box_csv(folder / "train.csv", 200, 1);
  request.test = testing::write_box_csv(folder / "test.csv", 40, 2);
  const FinetuneData data = read_finetune_data(request, {});
  EXPECT_TRUE(data.dev_is_split);
  EXPECT_EQ(data.train.rows.size() + data.dev.rows.size(), 200u);
  EXPECT_EQ(data.dev.rows.size(), 20u);
  EXPECT_EQ(data.test.rows.size(), 40u);
  int boxes = 0;
  for (const LabelledRow& row : data.dev.rows) boxes += row.label == 0 ? 1 : 0;
  EXPECT_EQ(boxes, 10);  // as many of each class
  request.seed = 2;
  const FinetuneData again = read_finetune_data(request, {});
  EXPECT_NE(again.dev.rows[0].bases, data.dev.rows[0].bases);
}

TEST(FinetuneData, FractionsAreValues) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "train.csv")
      << "sequence,label\nACGTACGT,0.5\nACGGACGT,1\nACGCACGT,2\nAAAAAAAA,3\n";
  FinetuneRequest request;
  request.train = folder / "train.csv";
  request.dev = folder / "train.csv";
  EXPECT_TRUE(read_finetune_data(request, {}).train.regression);
  FinetuneOptions options;
  options.kind = "classes";
  EXPECT_FALSE(read_finetune_data(request, options).train.regression);
}

}  // namespace
}  // namespace lexome
