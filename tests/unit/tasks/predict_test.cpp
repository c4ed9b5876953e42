// Prediction as a stream: every row in input order whatever its length, strands, and clear
// refusals.
#include "tasks/predict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/text.h"
#include "lexome/error.h"
#include "tasks/finetune.h"
#include "unit/tasks/support.h"

namespace lexome {
namespace {

using lexome_test::slurp;

class PredictTest : public ::testing::Test {
 protected:
  // One fine-tuned run serves all tests of this suite.
  static void SetUpTestSuite() {
    folder_ = new testing::TemporaryFolder;
    FinetuneRequest request;
    request.model = testing::make_small_checkpoint(*folder_ / "pre");
    request.train = testing::write_box_csv(*folder_ / "train.csv", 100, 1);
    request.out = *folder_ / "run";
    request.machine.threads = 1;
    request.machine.precision = "fp32";
    request.recipe.set("train.steps", "5", "test");
    request.recipe.set("finetune.baseline", "false", "test");
    finetune(request);
  }
  static void TearDownTestSuite() { delete folder_; }

  struct Line {
    std::string name, strand, label;
    std::vector<double> p;
  };
  std::vector<Line> run(const std::string& input, const std::string& strand = "+") {
    PredictRequest request;
    request.machine.threads = 1;
    request.machine.precision = "fp32";
    request.model = *folder_ / "run";
    request.input = input;
    request.out = *folder_ / "out.tsv";
    request.strand = strand;
    request.force = true;
    predict(request);
    std::vector<Line> lines;
    std::istringstream text(slurp(request.out));
    for (std::string row; std::getline(text, row);) {
      if (row[0] == '#') continue;
      std::istringstream cells(row);
      Line line;
      cells >> line.name >> line.strand >> line.label;
      for (double value; cells >> value;) line.p.push_back(value);
      lines.push_back(line);
    }
    return lines;
  }
  static testing::TemporaryFolder* folder_;
};
testing::TemporaryFolder* PredictTest::folder_ = nullptr;

// More rows than one look-ahead window, of all lengths: in input order, and as if each stood alone.
TEST_F(PredictTest, OrderAndCompanyChangeNothing) {
  Random random(5, Purpose::kTest);
  std::vector<std::string> sequences;
  std::ofstream file(*folder_ / "many.fa");
  for (int i = 0; i < 2500; ++i) {
    sequences.push_back(testing::random_letters(&random, 3 + static_cast<int>(random.below(120))));
    file << ">s" << i << '\n' << sequences.back() << '\n';
  }
  file.close();
  const auto all = run(*folder_ / "many.fa");
  ASSERT_EQ(all.size(), 2500u);
  for (int i = 0; i < 2500; ++i)
    ASSERT_EQ(all[static_cast<size_t>(i)].name, "s" + std::to_string(i));
  for (const size_t i : {size_t{0}, size_t{1234}, size_t{2499}}) {
    lexome_test::spill(*folder_ / "one.fa", ">x\n" + sequences[i] + "\n");
    const auto alone = run(*folder_ / "one.fa");
    EXPECT_NEAR(alone[0].p[0], all[i].p[0], 2e-5);
    EXPECT_NEAR(alone[0].p[0] + alone[0].p[1], 1, 1e-5);
  }
}

TEST_F(PredictTest, NoRowVanishes) {
  lexome_test::spill(*folder_ / "odd.fa", ">n\nNNNNNNNNNNNNNNNN\n>short\nA\n>long\n" +
                                              std::string(500, 'A') + "\n>iupac\nACGRYACGTACG\n");
  const auto lines = run(*folder_ / "odd.fa");
  ASSERT_EQ(lines.size(), 4u);
  for (const Line& line : lines) {
    ASSERT_EQ(line.p.size(), 2u);
    EXPECT_FALSE(std::isnan(line.p[0])) << line.name;
  }
}

TEST_F(PredictTest, Strands) {
  lexome_test::spill(*folder_ / "both.fa", ">x\nACGTTTGACCAGGATTTACACAGGG\n");
  lexome_test::spill(
      *folder_ / "turned.fa",
      ">x\n" + to_letters(reverse_complement(bases_from("ACGTTTGACCAGGATTTACACAGGG"))) + "\n");
  const auto forward = run(*folder_ / "both.fa", "+"), turned = run(*folder_ / "turned.fa", "+");
  const auto reverse = run(*folder_ / "both.fa", "-"), both = run(*folder_ / "both.fa", "both");
  const auto mean = run(*folder_ / "both.fa", "mean");
  EXPECT_NEAR(reverse[0].p[0], turned[0].p[0], 2e-6);
  EXPECT_NE(forward[0].p[0], reverse[0].p[0]);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].strand + both[1].strand, "+-");
  EXPECT_NEAR(both[1].p[0], reverse[0].p[0], 2e-6);
  EXPECT_EQ(mean[0].strand, ".");
  EXPECT_NEAR(mean[0].p[0], (forward[0].p[0] + reverse[0].p[0]) / 2, 2e-6);
}

TEST_F(PredictTest, CoordinatesComeAlong) {
  lexome_test::spill(*folder_ / "where.csv",
                     "sequence,contig,start,end\nACGTACGTAC,chr1,100,110\nACGTACGTAA,chr2,7,17\n");
  PredictRequest request;
  request.machine.threads = 1;
  request.model = *folder_ / "run";
  request.input = *folder_ / "where.csv";
  request.out = *folder_ / "where.tsv";
  request.provenance = false;
  predict(request);
  const std::string text = slurp(request.out);
  EXPECT_EQ(text.rfind("#name\tcontig\tstart\tend\tstrand\tlabel\tp_box\tp_none\n", 0), 0u) << text;
  EXPECT_NE(text.find("\tchr2\t7\t17\t+\t"), std::string::npos) << text;
}

TEST_F(PredictTest, Refusals) {
  PredictRequest request;
  request.model = *folder_ / "run";
  request.input = *folder_ / "train.csv";
  request.out = *folder_ / "refused.tsv";
  request.strand = "up";
  EXPECT_THROW(predict(request), ConfigError);
  request.strand = "+";
  request.format = "bed";
  EXPECT_THROW(predict(request), ConfigError);
  request.format = "tsv";
  request.model = *folder_ / "pre";
  EXPECT_THROW(predict(request), InputError);  // no task head
  request.model = *folder_ / "run";
  lexome_test::spill(*folder_ / "empty.fa", "");
  request.input = *folder_ / "empty.fa";
  EXPECT_THROW(predict(request), InputError);
  EXPECT_FALSE(std::filesystem::exists(request.out));
}

}  // namespace
}  // namespace lexome
