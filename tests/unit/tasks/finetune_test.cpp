// Fine-tuning end to end on a small model: it learns, it leaves what it promises, the test set is
// scored with the best weights, a probe leaves the encoder alone, and the same seed gives the same
// run.
#include "tasks/finetune.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "lexome/error.h"
#include "report/predictions.h"
#include "tasks/finetune_run.h"
#include "tasks/predict.h"
#include "tasks/task_model.h"
#include "unit/tasks/finetune_fixture.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using lexome_test::slurp;

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

TEST_F(FinetuneTest, ProbesOfOneModelShareItsVectors) {
  set("finetune.mode", "probe");
  const FinetuneOptions options = FinetuneOptions::from(request_.recipe);
  const auto run_of = [&](uint64_t seed, std::shared_ptr<StoredVectors> stored) {
    FinetuneSetting setting;
    setting.seed = seed;
    setting.quiet = true;
    if (stored != nullptr) setting.stored = std::move(stored);
    auto run = std::make_unique<FinetuneRun>(load_model(request_.model, torch::kCPU),
                                             read_finetune_data(request_, options), options,
                                             request_.recipe, std::move(setting));
    run->train({});
    return run;
  };
  const auto alone = run_of(2, nullptr);
  const auto stored = std::make_shared<StoredVectors>();
  const auto first = run_of(1, stored), second = run_of(2, stored);
  EXPECT_EQ(stored->size(), 3U);  // train, dev, test
  EXPECT_EQ(second->predict_test().scores, alone->predict_test().scores);
  EXPECT_NE(second->predict_test().scores, first->predict_test().scores);
  EXPECT_DOUBLE_EQ(first->about().flops, alone->about().flops);
  EXPECT_GT(first->about().flops, 0);
  EXPECT_EQ(second->about().flops, 0);
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
