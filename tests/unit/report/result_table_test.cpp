// Result tables come back from text as they went in, and damaged ones are refused by line and
// column.
#include "lexome/result_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "lexome/error.h"

namespace lexome {
namespace {

class ResultTableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() /
             ("lexome_result_table_" + std::to_string(getpid()) + ".tsv"))
                .string();
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void put(const std::string& text) const { std::ofstream(path_) << text; }
  std::string refusal() const {
    try {
      ResultTable::read(path_);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "";
  }
  std::string path_;
};

TEST_F(ResultTableTest, RoundTrip) {
  ResultTable table;
  ResultRow row;
  row.suite = "gue";
  row.task = "prom\tcore";  // a tab cannot stand in a cell
  row.metric = "mcc";
  row.value = 0.1 + 0.2;
  row.interval_low = -1e-300;
  row.n = 613;
  row.finetune_seed = 0;
  table.rows = {row, ResultRow{}};
  table.write(path_);
  const ResultTable back = ResultTable::read(path_);
  ASSERT_EQ(back.rows.size(), 2u);
  EXPECT_EQ(back.rows[0].suite, "gue");
  EXPECT_EQ(back.rows[0].task, "prom core");
  EXPECT_EQ(back.rows[0].value, 0.1 + 0.2);
  EXPECT_EQ(back.rows[0].interval_low, -1e-300);
  EXPECT_TRUE(std::isnan(back.rows[0].interval_high));
  EXPECT_EQ(back.rows[0].n, 613);
  EXPECT_EQ(back.rows[0].finetune_seed, 0);
  EXPECT_EQ(back.rows[0].draw, -1);
  EXPECT_EQ(back.rows[1].n, -1);
  EXPECT_EQ(back.to_tsv(), ResultTable::read(path_).to_tsv());
}

TEST_F(ResultTableTest, OpensWithProvenanceAndHeader) {
  ResultTable().write(path_);
  std::ifstream file(path_);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line.rfind("##lexome_version=", 0), 0u) << line;
  EXPECT_TRUE(ResultTable::read(path_).rows.empty());
}

TEST_F(ResultTableTest, AnySubsetAndOrderOfColumns) {
  put("#value\ttask\r\n0.5\tx\r\n");
  const ResultTable table = ResultTable::read(path_);
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0].value, 0.5);
  EXPECT_EQ(table.rows[0].task, "x");
}

TEST_F(ResultTableTest, RefusesByLineAndColumn) {
  put("#task\tvalu\nx\t1\n");
  EXPECT_NE(refusal().find("did you mean 'value'"), std::string::npos) << refusal();
  put("#task\tvalue\nx\tmany\n");
  EXPECT_NE(refusal().find(":2: column 'value' holds 'many'"), std::string::npos) << refusal();
  put("#task\tvalue\nx\n");
  EXPECT_NE(refusal().find(":2: 1 cells"), std::string::npos) << refusal();
  put("x\t1\n");
  EXPECT_NE(refusal().find("no '#' header"), std::string::npos) << refusal();
  put("");
  EXPECT_NE(refusal(), "");
}

}  // namespace
}  // namespace lexome
