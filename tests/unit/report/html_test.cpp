// Reports from run folders made by hand: what they hold, and what is refused.
#include "report/html.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "lexome/error.h"
#include "report/page_parts.h"
#include "report/predictions.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("lexome_report_" + std::to_string(getpid()) + "_" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_ / "run");
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / "run" / name) << text;
  }
  std::string report(const std::string& format) {
    ReportRequest request;
    request.inputs = {(folder_ / "run").string()};
    request.out = (folder_ / ("report." + format)).string();
    request.format = format;
    request.force = true;
    request.metric = "mcc";
    write_report(request);
    std::ifstream in(request.out);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write_run() {
    write("log.tsv",
          "##lexome_version=x\n#step\tsplit\tname\tvalue\n1\ttrain\tloss\t2.0\n2\ttrain\tloss\t1."
          "5\n2\tvalid\tloss\t1.75\n3\tvalid\tloss\t1.0\n");
    ResultTable table;
    for (int seed = 1; seed <= 2; ++seed) {
      ResultRow row;
      row.task = "toy";
      row.model = "pretrained";
      row.split = "test";
      row.metric = "mcc";
      row.value = 0.5 + 0.1 * seed;
      row.finetune_seed = seed;
      row.n = 1234;
      table.rows.push_back(row);
    }
    table.write((folder_ / "run" / "results.tsv").string());
    Predictions predictions;
    predictions.task = "toy";
    predictions.classes = {"no", "yes"};
    predictions.names = {"a", "b", "c"};
    predictions.finetune_seed = 1;
    predictions.scored.classes = 2;
    predictions.scored.labels = {0, 1, 1};
    for (const bool pretrained : {true, false}) {
      predictions.role = pretrained ? kRolePretrained : kRoleScratch;
      predictions.model = pretrained ? "bert" : "bert-scratch";
      predictions.scored.scores = {.9, .1, pretrained ? .2 : .6, pretrained ? .8 : .4, .7, .3};
      const char* name = pretrained ? "test_predictions.tsv" : "test_predictions.scratch.tsv";
      write_predictions(predictions, "test", (folder_ / "run" / name).string());
    }
    write("recipe.toml", "train.lr = 1e-4 # </script>\n");
  }
  fs::path folder_;
};

TEST_F(ReportTest, HtmlHoldsMeansDifferencesAndConfusion) {
  write_run();
  const std::string page = report("html");
  EXPECT_NE(page.find("0.6500"), std::string::npos);  // mean of .6 and .7
  EXPECT_NE(page.find("0.0707"), std::string::npos);  // their standard deviation
  EXPECT_NE(page.find("1,234"), std::string::npos);
  EXPECT_NE(page.find("bert - bert-scratch"), std::string::npos);
  EXPECT_NE(page.find("id=\"plot-differences\""), std::string::npos);
  EXPECT_NE(page.find("rows are true labels"), std::string::npos);
  EXPECT_NE(page.find("&lt;/script&gt;"), std::string::npos);
}

TEST_F(ReportTest, MarkdownAndTsvGiveTheSameNumbers) {
  write_run();
  for (const char* format : {"md", "tsv"}) {
    EXPECT_NE(report(format).find("0.6500"), std::string::npos) << format;
  }
}

TEST_F(ReportTest, RefusesAnEmptyFolderAndRaggedTables) {
  EXPECT_THROW(report("html"), InputError);
  write("log.tsv", "#step\tloss\n1\t2\t3\n");
  EXPECT_THROW(report("html"), FormatError);
  EXPECT_FALSE(fs::exists(folder_ / "report.html"));
}

TEST_F(ReportTest, RefusesUnknownFormat) {
  write_run();
  EXPECT_THROW(report("pdf"), ConfigError);
}

TEST(SvgLines, DrawsOnePolylineASeries) {
  const std::string svg = svg_lines("loss", {{"a", {{1, 2}, {2, 1}}}, {"b", {{1, 3}, {2, 2}}}});
  size_t lines = 0;
  for (size_t at = svg.find("<polyline"); at != std::string::npos;
       at = svg.find("<polyline", at + 1))
    ++lines;
  EXPECT_EQ(lines, 2u);
  EXPECT_EQ(svg_lines("nothing", {}), "");
}

TEST(EscapeHtml, LeavesNoMarkup) {
  EXPECT_EQ(escape_html("<a b=\"c\">&"), "&lt;a b=&quot;c&quot;&gt;&amp;");
}

}  // namespace
}  // namespace lexome
