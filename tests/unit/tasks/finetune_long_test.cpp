// Fine-tuning on sequences longer than the model takes: read in pieces, joined or cut.
#include <fstream>
#include <sstream>

#include "lexome/error.h"
#include "report/predictions.h"
#include "tasks/predict.h"
#include "unit/tasks/finetune_fixture.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using lexome_test::slurp;

// The motif stands anywhere in sequences of up to three times what the model takes.
class LongFinetuneTest : public FinetuneTest {
 protected:
  LongFinetuneTest() {
    for (const auto& [path, rows, seed] :
         {std::tuple{&request_.train, 160, 1}, {&request_.dev, 40, 2}, {&request_.test, 40, 3}}) {
      Random random(static_cast<uint64_t>(seed), Purpose::kTest, 78);
      std::ofstream file(*path);
      file << "sequence,label\n";
      for (int i = 0; i < rows; ++i) {
        const int length = 30 + static_cast<int>(random.below(160));
        std::string letters = testing::random_letters(&random, length);
        for (int copy = 0; i % 2 == 0 && copy < 1 + length / 40; ++copy) {
          letters.replace(random.below(static_cast<uint64_t>(length) - 8), 8, "TATATATA");
        }
        file << letters << ',' << (i % 2 == 0 ? "box" : "none") << '\n';
      }
    }
    set("train.steps", "40");
  }
};

TEST_F(LongFinetuneTest, ReadsLongSequencesInPieces) {
  for (const std::string join : {"mean", "max", "concat", "recurrent"}) {
    SCOPED_TRACE(join);
    set("finetune.long", join);
    request_.out = folder_ / join;
    const ResultTable table = finetune(request_);
    EXPECT_GT(value_of(table, "test", "auroc"), 0.7);
    const auto saved = weights(request_.out);
    EXPECT_EQ(saved.count("join.dense.weight"), join == "concat" ? 1u : 0u);
    EXPECT_EQ(saved.count("join.forward.weight_ih"), join == "recurrent" ? 1u : 0u);
    if (join == "concat") {
      EXPECT_EQ(saved.at("join.dense.weight").size(1), 3 * 32);
    }
    // What was saved predicts what was scored.
    PredictRequest asked;
    asked.machine = request_.machine;
    asked.model = request_.out;
    asked.input = request_.test;
    asked.out = folder_ / (join + ".tsv");
    predict(asked);
    const Predictions scored = read_predictions(request_.out + "/test_predictions.tsv");
    std::istringstream lines(slurp(asked.out));
    size_t row = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line[0] == '#') continue;
      std::istringstream cells(line);
      std::string name, strand, label;
      double box = 0;
      cells >> name >> strand >> label >> box;
      EXPECT_NEAR(box, scored.scored.scores[2 * row], 2e-5) << row;
      ++row;
    }
    EXPECT_EQ(row, 40u);
  }
}

TEST_F(LongFinetuneTest, AProbeJoinsWithoutWeights) {
  set("finetune.mode", "probe");
  set("finetune.long", "mean");
  const ResultTable table = finetune(request_);
  EXPECT_FALSE(std::isnan(value_of(table, "test", "auroc", "dnabert-probe")));
  set("finetune.long", "concat");
  request_.out = folder_ / "other";
  EXPECT_THROW(finetune(request_), ConfigError);
  EXPECT_FALSE(fs::exists(folder_ / "other"));
}

// 64 3-mers beside [CLS] and [SEP] are what the model takes: 66 bases are one piece, 67 are two.
TEST_F(LongFinetuneTest, ASequenceThatJustFitsIsOnePiece) {
  Random random(5, Purpose::kTest);
  const std::string fits = testing::random_letters(&random, 66);
  std::vector<std::string> predicted;
  for (const std::string join : {"cut", "mean"}) {
    set("finetune.long", join);
    set("train.steps", "1");
    set("train.lr", "0");  // the same weights whatever is read
    request_.out = folder_ / join;
    finetune(request_);
    lexome_test::spill(folder_ / "fits.fa", ">fits\n" + fits + "\n>more\n" + fits + "A\n>less\n" +
                                                fits.substr(1) + "\n");
    PredictRequest asked;
    asked.machine = request_.machine;
    asked.model = request_.out;
    asked.input = folder_ / "fits.fa";
    asked.out = folder_ / (join + ".tsv");
    asked.provenance = false;
    predict(asked);
    predicted.push_back(slurp(asked.out));
  }
  std::istringstream cut(predicted[0]), pieces(predicted[1]);
  std::string a, b;
  std::getline(cut, a), std::getline(pieces, b);
  std::getline(cut, a), std::getline(pieces, b);
  EXPECT_EQ(a, b) << "66 bases fit: nothing to join";
  std::getline(cut, a), std::getline(pieces, b);
  EXPECT_NE(a, b) << "67 bases are two pieces";
  std::getline(cut, a), std::getline(pieces, b);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace lexome
