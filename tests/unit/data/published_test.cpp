// Published scores as rows: names, per cent, protocols, and files that cannot be read.
#include "data/published.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "report/predictions.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

class PublishedTest : public testing::Test {
 protected:
  Suite suite(const std::string& csv) {
    const std::string path = folder_ / "scores.csv";
    lexome_test::spill(path, csv);
    Suite suite;
    suite.name = "made";
    suite.tasks.resize(2);
    SuiteTask& task = suite.tasks[0];
    task.name = "tf/0";
    task.group = "tf";
    task.published = path;
    task.published_task = "TF 0";
    task.protocol = "5 epochs";
    suite.tasks[1].name = "tf/1";
    return suite;
  }
  lexome_test::TemporaryFolder folder_;
};

TEST_F(PublishedTest, RowsOfTheTaskAlone) {
  const std::vector<ResultRow> rows =
      published_rows(suite("benchmark,task,metric,model,score,protocol,source\n"
                           "B,TF 0,MCC,\"big, 3-mer\",71.5,10 epochs,paper\n"
                           "B,TF 1,MCC,big,20,5 epochs,paper\n"
                           "B,TF 0,macro F1,small,0.5,5 epochs,\n"));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].model, "big, 3-mer");
  EXPECT_EQ(rows[0].task, "tf/0");
  EXPECT_EQ(rows[0].role, kRolePublished);
  EXPECT_EQ(rows[0].metric, "mcc");
  EXPECT_DOUBLE_EQ(rows[0].value, 0.715);
  EXPECT_EQ(rows[0].message, "other protocol; paper");
  EXPECT_EQ(rows[1].metric, "macro_f1");
  EXPECT_DOUBLE_EQ(rows[1].value, 0.5);  // shares of one metric do not make another per cent
  EXPECT_EQ(rows[1].message, "same protocol");
}

TEST_F(PublishedTest, WithoutAProtocolNothingIsTheSame) {
  Suite made = suite("task,metric,model,score\nTF 0,mcc,m,0.4\n");
  made.tasks[0].protocol = "";
  EXPECT_EQ(published_rows(made).at(0).message, "other protocol");
}

TEST_F(PublishedTest, RefusalsNameTheLine) {
  const auto message = [&](const std::string& csv) {
    return lexome_test::message_of<FormatError>([&] { published_rows(suite(csv)); });
  };
  EXPECT_NE(message("task,metric,model\n").find("column 'score'"), std::string::npos);
  EXPECT_NE(message("task,metric,model,score\nTF 0,mcc,m,high\n").find(":2: score 'high'"),
            std::string::npos);
  EXPECT_NE(message("task,metric,model,score\nTF 0,mcc,m\n").find(":2: 3 fields"),
            std::string::npos);
  EXPECT_NE(message("task,metric,model,score\nTF 0,mcc,\"m,1\n").find(":2: a quote"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
