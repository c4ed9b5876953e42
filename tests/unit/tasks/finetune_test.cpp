// Fine-tuning end to end on a small model: it learns, it leaves what it promises, the test set is
// scored with the best weights, a probe leaves the encoder alone, and the same seed gives the same
// run.
#include "tasks/finetune.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "lexome/error.h"
#include "report/predictions.h"
#include "tasks/predict.h"
#include "tasks/task_model.h"
#include "unit/tasks/support.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using lexome_test::slurp;

class FinetuneTest : public ::testing::Test {
 protected:
  FinetuneTest() {
    request_.model = testing::make_small_checkpoint(folder_ / "pre");
    request_.train = testing::write_box_csv(folder_ / "train.csv", 240, 1);
    request_.dev = testing::write_box_csv(folder_ / "dev.csv", 60, 2);
    request_.test = testing::write_box_csv(folder_ / "test.csv", 80, 3);
    request_.out = folder_ / "run";
    request_.machine.threads = 1;
    request_.machine.precision = "fp32";
    set("train.lr", "3e-3");
    set("train.steps", "60");
    set("train.eval_every", "20");
    set("finetune.baseline", "false");
  }
  void set(const std::string& key, const std::string& value) {
    request_.recipe.set(key, value, "test");
  }
  static double value_of(const ResultTable& table, const std::string& split,
                         const std::string& metric, const std::string& model = "dnabert") {
    for (const ResultRow& row : table.rows) {
      if (row.split == split && row.metric == metric && row.model == model) return row.value;
    }
    return std::nan("");
  }
  std::map<std::string, Tensor> weights(const std::string& run) const {
    return read_checkpoint(resolve_checkpoint(run), false).model;
  }
  testing::TemporaryFolder folder_;
  FinetuneRequest request_;
};

TEST_F(FinetuneTest, LearnsAndLeavesWhatItPromises) {
  const ResultTable table = finetune(request_);
  EXPECT_GT(value_of(table, "test", "auroc"), 0.75);
  EXPECT_EQ(ResultTable::read(folder_ / "run/results.tsv").to_tsv(), table.to_tsv());
  for (const ResultRow& row : table.rows) {
    EXPECT_EQ(row.pretrain_seed, 1);
    EXPECT_EQ(row.bases_seen, 12345);
    EXPECT_GT(row.params_total, row.params_trunk);
    if (row.split == "test") {
      EXPECT_LE(row.interval_low, row.value) << row.metric;
      EXPECT_GE(row.interval_high, row.value) << row.metric;
      EXPECT_EQ(row.n, 80);
    }
  }
  // What the table says is what the predictions say.
  const Predictions predictions = read_predictions(folder_ / "run/test_predictions.tsv");
  EXPECT_EQ(predictions.role, kRolePretrained);
  EXPECT_EQ(predictions.classes, (std::vector<std::string>{"box", "none"}));
  EXPECT_DOUBLE_EQ(metric_value("mcc", predictions.scored), value_of(table, "test", "mcc"));
  EXPECT_FALSE(fs::exists(folder_ / "run/test_predictions.kmer-lr.tsv"));
  EXPECT_EQ(
      slurp(folder_ / "run/recipe.toml").find("finetune.pool = \"mean\"") == std::string::npos,
      false);

  // Prediction with the saved run gives the same probabilities.
  PredictRequest predict_request;
  predict_request.machine = request_.machine;
  predict_request.model = request_.out;
  predict_request.input = request_.test;
  predict_request.out = folder_ / "again.tsv";
  predict(predict_request);
  std::ifstream again(folder_ / "again.tsv");
  std::string line;
  size_t row = 0;
  while (std::getline(again, line)) {
    if (line[0] == '#') continue;
    std::istringstream cells(line);
    std::string name, strand, label;
    double box = 0, none = 0;
    cells >> name >> strand >> label >> box >> none;
    EXPECT_EQ(name, predictions.names[row]);
    EXPECT_NEAR(box, predictions.scored.scores[2 * row], 2e-5);
    EXPECT_EQ(label, predictions.scored.scores[2 * row] >= 0.5 ? "box" : "none");
    ++row;
  }
  EXPECT_EQ(row, 80u);
}

TEST_F(FinetuneTest, SameSeedSameRunAndScratchStartsAfresh) {
  set("train.steps", "6");
  const ResultTable first = finetune(request_);
  request_.out = folder_ / "second";
  finetune(request_);
  for (const auto& [name, tensor] : weights(folder_ / "run")) {
    EXPECT_TRUE(torch::equal(tensor, weights(folder_ / "second").at(name))) << name;
  }
  EXPECT_EQ(slurp(folder_ / "run/log.tsv"), slurp(folder_ / "second/log.tsv"));
  request_.out = folder_ / "scratch";
  request_.scratch = true;
  const ResultTable scratch = finetune(request_);
  EXPECT_EQ(scratch.rows[0].model, "dnabert-scratch");
  EXPECT_EQ(scratch.rows[0].pretrain_seed, -1);
  EXPECT_EQ(scratch.rows[0].bases_seen, 0);
  EXPECT_EQ(read_predictions(folder_ / "scratch/test_predictions.tsv").role, kRoleScratch);
  const char* embedding = "bert.embeddings.word_embeddings.weight";
  EXPECT_FALSE(torch::allclose(weights(folder_ / "scratch").at(embedding),
                               weights(folder_ / "run").at(embedding), 1e-2, 1e-2));
}

TEST_F(FinetuneTest, ResumingEndsWhereTheUnbrokenRunDoes) {
  set("train.steps", "40");
  set("train.save_every", "20");
  set("train.keep", "2");
  finetune(request_);
  // A run cut off after step 20: its folder, wound back to that checkpoint.
  request_.out = folder_ / "broken";
  fs::create_directories(request_.out);
  fs::copy(folder_ / "run", request_.out, fs::copy_options::recursive);
  ASSERT_TRUE(fs::exists(folder_ / "broken/step-00000020"));
  fs::remove_all(folder_ / "broken/step-00000040");
  std::ofstream(folder_ / "broken/last") << "step-00000020\n";
  std::ofstream(folder_ / "broken/best") << "step-00000020\n";
  request_.resume = true;
  finetune(request_);
  EXPECT_EQ(slurp(folder_ / "broken/log.tsv"), slurp(folder_ / "run/log.tsv"));
}

TEST_F(FinetuneTest, AProbeLeavesTheEncoderAlone) {
  set("finetune.mode", "probe");
  set("train.lr", "1e-2");
  const ResultTable table = finetune(request_);
  EXPECT_FALSE(std::isnan(value_of(table, "test", "mcc", "dnabert-probe")));
  const auto before = weights(request_.model), after = weights(folder_ / "run");
  for (const auto& [name, tensor] : before) {
    EXPECT_TRUE(torch::equal(tensor, after.at(name))) << name;
  }
  ASSERT_TRUE(after.count("classifier.feature_mean"));
  EXPECT_GT(after.at("classifier.feature_scale").min().item<float>(), 0);
  // The saved run predicts what it scored.
  PredictRequest predict_request;
  predict_request.machine = request_.machine;
  predict_request.model = request_.out;
  predict_request.input = request_.test;
  predict_request.out = folder_ / "probe.tsv";
  predict(predict_request);
  const Predictions scored = read_predictions(folder_ / "run/test_predictions.tsv");
  std::istringstream lines(slurp(folder_ / "probe.tsv"));
  std::string line, cell;
  while (std::getline(lines, line) && line[0] == '#') continue;
  std::istringstream cells(line);
  cells >> cell >> cell >> cell;
  double box = 0;
  cells >> box;
  EXPECT_NEAR(box, scored.scored.scores[0], 2e-5);
}

TEST_F(FinetuneTest, AdaptersMoveAloneAndAreMergedWhereTheyAreSaved) {
  set("finetune.mode", "lora");
  set("finetune.head", "mlp");
  set("finetune.lora.dropout", "0.2");
  set("train.lr", "1e-2");
  finetune(request_);
  // Beside the head alone: the same run with adapters scaled to nothing.
  FinetuneRequest head_alone = request_;
  head_alone.out = folder_ / "head";
  head_alone.recipe.set("finetune.lora.alpha", "1e-6", "test");
  finetune(head_alone);
  const auto dev_loss = [](const std::string& run) {
    const std::string log = slurp(run + "/log.tsv"), name = "60\tvalid\tloss\t";
    const size_t at = log.find(name);
    return at == std::string::npos ? std::nan("") : std::stod(log.substr(at + name.size()));
  };
  EXPECT_LT(dev_loss(request_.out), dev_loss(head_alone.out) - 0.02);
  const auto before = weights(folder_ / "pre"), after = weights(folder_ / "run");
  EXPECT_EQ(after.count("classifier.dense.weight"), 1U);
  int adapted = 0;
  for (const auto& [name, tensor] : before) {
    const std::string layer = name.substr(0, name.rfind('.'));
    const auto a = after.find("lora." + layer + ".a");
    if (a == after.end() || !name.ends_with(".weight")) {
      EXPECT_TRUE(torch::equal(tensor, after.at(name))) << name;
      continue;
    }
    ++adapted;
    const Tensor sum = tensor + 2.0 * torch::mm(after.at("lora." + layer + ".b"), a->second);
    EXPECT_FALSE(torch::equal(tensor, after.at(name))) << name;
    EXPECT_TRUE(torch::allclose(sum, after.at(name), 1e-5, 1e-6)) << name;
  }
  EXPECT_EQ(adapted, 4);
  // Whoever reads the run finds merged weights and no adapters.
  TaskModel task = TaskModel::open(folder_ / "run", torch::kCPU, "fp32");
  EXPECT_EQ(task.lora(), nullptr);
  EXPECT_EQ(task.spec().head, "mlp");
  request_.out = folder_ / "again";
  request_.recipe = Recipe();
  set("finetune.mode", "probe");
  set("finetune.head", "mlp");
  EXPECT_THROW(finetune(request_), ConfigError);
}

TEST_F(FinetuneTest, AdaptersResumeWhereTheUnbrokenRunEnds) {
  set("finetune.mode", "lora");
  set("train.steps", "40");
  set("train.save_every", "20");
  set("train.keep", "2");
  finetune(request_);
  request_.out = folder_ / "broken";
  fs::create_directories(request_.out);
  fs::copy(folder_ / "run", request_.out, fs::copy_options::recursive);
  fs::remove_all(folder_ / "broken/step-00000040");
  std::ofstream(folder_ / "broken/last") << "step-00000020\n";
  std::ofstream(folder_ / "broken/best") << "step-00000020\n";
  request_.resume = true;
  finetune(request_);
  EXPECT_EQ(slurp(folder_ / "broken/log.tsv"), slurp(folder_ / "run/log.tsv"));
}

TEST_F(FinetuneTest, AVocabularyAloneCanBeProbed) {
  KmerOptions kmers;
  kmers.k = 4;
  save_tokenizer(*make_kmer(kmers), folder_ / "kmer4.json");
  request_.model = folder_ / "kmer4.json";
  set("finetune.mode", "probe");
  set("train.lr", "3e-2");
  set("train.steps", "200");
  const ResultTable table = finetune(request_);
  EXPECT_GT(value_of(table, "test", "auroc", "tokens-probe"), 0.7);
  EXPECT_EQ(table.rows[0].params_total, 0);
  const TaskModel task = TaskModel::open(folder_ / "run", torch::kCPU, "fp32");
  EXPECT_EQ(task.tokenizer().kind(), "kmer");
}

TEST_F(FinetuneTest, BaselineStandsBeside) {
  set("finetune.baseline", "true");
  set("train.steps", "2");
  const ResultTable table = finetune(request_);
  const double mcc = value_of(table, "test", "mcc", "kmer-lr");
  EXPECT_GT(mcc, 0.5);
  const Predictions predictions = read_predictions(folder_ / "run/test_predictions.kmer-lr.tsv");
  EXPECT_EQ(predictions.role, kRoleBaseline);
  EXPECT_DOUBLE_EQ(metric_value("mcc", predictions.scored), mcc);
}

TEST_F(FinetuneTest, TestRowsSeenInTrainingAreSaid) {
  fs::copy_file(request_.train, folder_ / "leaky.csv");
  request_.test = folder_ / "leaky.csv";
  set("train.steps", "2");
  const ResultTable table = finetune(request_);
  EXPECT_EQ(value_of(table, "test", "duplicates_in_training"), 240);
  EXPECT_TRUE(std::isnan(value_of(table, "test_unseen", "mcc")));  // nothing is left
}

TEST_F(FinetuneTest, RegressionPredictsInTheUnitsOfTheFile) {
  for (const char* name : {"train.csv", "dev.csv", "test.csv"}) {
    std::ofstream file(folder_ / name);
    file << "sequence,label\n";
    Random random(std::string(name) == "train.csv" ? 1 : 2, Purpose::kTest, 3);
    for (int i = 0; i < 160; ++i) {
      std::string letters;
      const double share = random.uniform();
      for (int b = 0; b < 40; ++b) letters += random.chance(share) ? 'G' : 'A';
      file << letters << ',' << 500 + 100 * share + 0.5 << '\n';
    }
  }
  const ResultTable table = finetune(request_);
  EXPECT_GT(value_of(table, "test", "pearson"), 0.9);
  EXPECT_LT(value_of(table, "test", "mse"), 300);  // the spread of the values is 833
  const Predictions predictions = read_predictions(folder_ / "run/test_predictions.tsv");
  EXPECT_EQ(predictions.scored.classes, 0);
  EXPECT_GT(predictions.scored.scores[0], 450);
}

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

TEST_F(FinetuneTest, RefusesBeforeAnyWork) {
  set("finetune.poool", "mean");
  try {
    finetune(request_);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("finetune.pool"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  FinetuneRequest metric = request_;
  metric.recipe = Recipe();
  metric.recipe.set("finetune.metric", "pearson", "test");
  EXPECT_THROW(finetune(metric), ConfigError);
  metric.recipe = Recipe();
  metric.model = folder_ / "nowhere";
  EXPECT_THROW(finetune(metric), InputError);
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

}  // namespace
}  // namespace lexome
