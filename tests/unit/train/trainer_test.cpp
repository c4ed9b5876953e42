// The loop on a toy model: what it computes, when it stops, what it keeps, and that a broken run
// ends exactly where the unbroken one does.
#include "train/trainer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <limits>

#include "base/text.h"
#include "train/checkpoint.h"
#include "unit/train/support.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;
using testing::toy_batch;
using testing::toy_loss;
using testing::ToyRun;

std::string message_of(ToyRun& run) {
  try {
    run.run();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void expect_same_weights(const ToyRun& a, const ToyRun& b) {
  for (const auto& [name, tensor] : a.setup.tensors) {
    EXPECT_TRUE(torch::equal(tensor, b.setup.tensors.at(name))) << name;
  }
}

TEST(Trainer, LearnsAndLogs) {
  const TemporaryFolder folder;
  ToyRun run;
  run.setup.out = folder / "run";
  run.setup.options.steps = 200;
  const TrainResult result = run.run();
  EXPECT_EQ(result.steps, 200);
  EXPECT_EQ(result.bases, 200 * 4 * 8);
  EXPECT_LT(result.last_loss, 0.05);
  const std::string log = read_text_file(folder / "run/log.tsv");
  EXPECT_NE(log.find("#step\tsplit\tname\tvalue\n"), std::string::npos);
  EXPECT_NE(log.find("\n3\ttrain\tloss\t"), std::string::npos);
  EXPECT_NE(log.find("\n200\ttrain\tlr\t0\n"), std::string::npos);
  EXPECT_EQ(resolve_checkpoint(folder / "run"), folder / "run/step-00000200");
}

TEST(Trainer, AccumulationWeighsMicroBatchesByTheirRows) {
  // One batch of four rows against two of one and three: the same mean gradient.
  ToyRun whole, parts;
  whole.setup.options.steps = parts.setup.options.steps = 5;
  parts.setup.options.accumulate = 2;
  parts.hooks.make_batch = [](uint64_t index) {
    Batch batch = toy_batch(index / 2);
    const size_t begin = index % 2 == 0 ? 0 : 1, end = index % 2 == 0 ? 1 : 4;
    batch.rows = static_cast<int64_t>(end - begin);
    batch.base_ids = {batch.base_ids.begin() + static_cast<int64_t>(begin) * 8,
                      batch.base_ids.begin() + static_cast<int64_t>(end) * 8};
    batch.values = {batch.values.begin() + static_cast<int64_t>(begin),
                    batch.values.begin() + static_cast<int64_t>(end)};
    batch.lengths.resize(end - begin);
    batch.base_lengths.resize(end - begin);
    return batch;
  };
  whole.run();
  parts.run();
  for (const auto& [name, tensor] : whole.setup.tensors) {
    EXPECT_TRUE(torch::allclose(tensor, parts.setup.tensors.at(name), 1e-4, 1e-6)) << name;
  }
}

TEST(Trainer, ThreadsOfTheLoaderChangeNothing) {
  ToyRun one, many;
  many.setup.threads = 8;
  one.run();
  many.run();
  expect_same_weights(one, many);
}

// Run by the test below in a process of its own; it kills itself in the middle of step 27.
TEST(TrainerChild, DiesInStep27) {
  const char* out = std::getenv("LEXOME_TEST_TRAIN_CHILD");
  if (out == nullptr)
    GTEST_SKIP() << "only runs as the child of Trainer.ResumesBitExactlyAfterKill9";
  ToyRun run;
  run.setup.out = out;
  run.setup.options.save_every = 20;
  run.setup.options.eval_every = 10;
  run.hooks.evaluate = [](int64_t step) {
    return Evaluation{
        -static_cast<double>(step % 17), false, {{"x", 1.0 / static_cast<double>(step)}}};
  };
  run.hooks.loss = [&run](const TensorBatch& batch, const Pass& pass) {
    if (pass.step == 26) std::raise(SIGKILL);
    return toy_loss(*run.toy, batch);
  };
  run.run();
}

TEST(Trainer, ResumesBitExactlyAfterKill9) {
  const TemporaryFolder folder;
  const auto prepare = [&](ToyRun& run, const std::string& out) {
    run.setup.out = out;
    run.setup.options.save_every = 20;
    run.setup.options.eval_every = 10;
    run.hooks.evaluate = [](int64_t step) {
      return Evaluation{
          -static_cast<double>(step % 17), false, {{"x", 1.0 / static_cast<double>(step)}}};
    };
  };
  ToyRun unbroken;
  prepare(unbroken, folder / "unbroken");
  unbroken.run();

  const std::string broken_out = folder / "broken";
  const pid_t child = fork();
  if (child == 0) {
    setenv("LEXOME_TEST_TRAIN_CHILD", broken_out.c_str(), 1);
    execl("/proc/self/exe", "test_train", "--gtest_filter=TrainerChild.DiesInStep27", nullptr);
    _exit(127);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(resolve_checkpoint(broken_out, true), broken_out + "/step-00000020");
  EXPECT_NE(read_text_file(broken_out + "/log.tsv").find("\n24\ttrain"), std::string::npos)
      << "the log should have been ahead of the checkpoint";

  // What a process killed while saving leaves behind.
  fs::create_directories(broken_out + "/.step-00000040.1.tmp");
  write_text_file(broken_out + "/.last.1.0.part", "step-");
  fs::create_directories(broken_out + "/step-00000030");
  ToyRun resumed(1);
  prepare(resumed, broken_out);
  resumed.setup.resume = true;
  const TrainResult result = resumed.run();
  EXPECT_EQ(result.steps, 40);
  for (const char* name : {"step-00000040/model.safetensors", "step-00000040/optimizer.safetensors",
                           "step-00000040/log.tsv", "log.tsv", "best"}) {
    EXPECT_EQ(read_text_file(folder / "unbroken/" + name), read_text_file(broken_out + "/" + name))
        << name;
  }
  expect_same_weights(unbroken, resumed);
  for (const auto& entry : fs::directory_iterator(broken_out)) {
    EXPECT_NE(entry.path().filename().string()[0], '.') << entry.path();
  }
}

TEST(Trainer, AFullDiskEndsTheRunAndTheLastCheckpointStands) {
  const TemporaryFolder folder;
  ToyRun unbroken, full, resumed;
  unbroken.run();
  full.setup.out = resumed.setup.out = folder / "run";
  full.setup.options.save_every = 10;
  struct rlimit old {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  full.hooks.loss = [&](const TensorBatch& batch, const Pass& pass) {
    if (pass.step == 15) {
      struct rlimit small = old;
      small.rlim_cur = 512;
      setrlimit(RLIMIT_FSIZE, &small);
    }
    return toy_loss(*full.toy, batch);
  };
  EXPECT_THROW(full.run(), IoError);
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(resolve_checkpoint(folder / "run"), folder / "run/step-00000010");
  resumed.setup.resume = true;
  resumed.run();
  expect_same_weights(unbroken, resumed);
}

TEST(Trainer, SignalsFinishTheStepSaveAndSayHowToGoOn) {
  const TemporaryFolder folder;
  ToyRun unbroken, stopped, resumed;
  unbroken.run();
  stopped.setup.out = resumed.setup.out = folder / "run";
  stopped.hooks.loss = [&stopped](const TensorBatch& batch, const Pass& pass) {
    if (pass.step == 6) std::raise(SIGTERM);
    return toy_loss(*stopped.toy, batch);
  };
  try {
    stopped.run();
    FAIL() << "should have been interrupted";
  } catch (const Interrupted& stop) {
    EXPECT_EQ(stop.signal(), SIGTERM);
    EXPECT_NE(std::string(stop.what()).find("--resume"), std::string::npos) << stop.what();
  }
  EXPECT_EQ(resolve_checkpoint(folder / "run"), folder / "run/step-00000007");
  resumed.setup.resume = true;
  resumed.run();
  expect_same_weights(unbroken, resumed);
}

TEST(Trainer, AnEvaluationMissedThroughASignalIsMadeUpFor) {
  std::signal(SIGINT, SIG_DFL);  // a shell's background jobs start with it ignored
  const TemporaryFolder folder;
  const auto evaluate = [](int64_t step) {
    return Evaluation{1.0 / static_cast<double>(step), false, {{"x", 2}}};
  };
  ToyRun unbroken, stopped, resumed;
  unbroken.setup.out = folder / "unbroken";
  stopped.setup.out = resumed.setup.out = folder / "run";
  for (ToyRun* run : {&unbroken, &stopped, &resumed}) {
    run->setup.options.eval_every = 10;
    run->hooks.evaluate = evaluate;
  }
  unbroken.run();
  stopped.hooks.loss = [&stopped](const TensorBatch& batch, const Pass& pass) {
    if (pass.step == 9) std::raise(SIGINT);
    return toy_loss(*stopped.toy, batch);
  };
  EXPECT_THROW(stopped.run(), Interrupted);
  resumed.setup.resume = true;
  resumed.run();
  EXPECT_EQ(read_text_file(folder / "unbroken/log.tsv"), read_text_file(folder / "run/log.tsv"));
}

TEST(Trainer, RefusesToResumeAnotherRun) {
  const TemporaryFolder folder;
  ToyRun first;
  first.setup.out = folder / "run";
  first.run();
  ToyRun other_recipe, other_vocabulary, other_seed(2), other_precision, same;
  for (ToyRun* run : {&other_recipe, &other_vocabulary, &other_seed, &other_precision, &same}) {
    run->setup.out = folder / "run";
    run->setup.resume = true;
  }
  other_recipe.setup.recipe = "train.steps = 40\ntrain.lr = 2.0\n";
  other_vocabulary.setup.tokenizer = "{\"k\": 3}";
  EXPECT_THROW(other_recipe.run(), ConfigError);
  EXPECT_THROW(other_vocabulary.run(), ConfigError);
  EXPECT_THROW(other_seed.run(), ConfigError);
  other_precision.setup.bf16 = true;
  EXPECT_THROW(other_precision.run(), ConfigError);
  same.setup.recipe = "train.steps = 40\ntrain.keep = 9\n";
  EXPECT_EQ(same.run().steps, 40);
  expect_same_weights(first, same);
}

TEST(Trainer, ResumingNothingStarts) {
  const TemporaryFolder folder;
  ToyRun run;
  run.setup.out = folder / "run";
  run.setup.resume = true;
  EXPECT_EQ(run.run().steps, 40);
}

TEST(Trainer, StopsOnNaNAndNamesTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  ToyRun run;
  run.setup.out = folder / "run";
  run.setup.options.save_every = 5;
  run.hooks.loss = [&run](const TensorBatch& batch, const Pass& pass) {
    Loss loss = toy_loss(*run.toy, batch);
    if (pass.step == 12) loss.total = loss.total * std::numeric_limits<float>::quiet_NaN();
    return loss;
  };
  const std::string message = message_of(run);
  EXPECT_NE(message.find("step 13"), std::string::npos) << message;
  EXPECT_NE(message.find("step-00000010"), std::string::npos) << message;
}

TEST(Trainer, StopsOnDivergenceAndNamesACheckpointFromBefore) {
  const TemporaryFolder folder;
  ToyRun run;
  run.setup.out = folder / "run";
  run.setup.options.steps = 200;
  run.setup.options.save_every = 20;
  run.setup.options.keep = 100;
  run.setup.options.guard_margin = 3;
  run.setup.options.guard_steps = 30;
  run.hooks.loss = [&run](const TensorBatch& batch, const Pass& pass) {
    Loss loss = toy_loss(*run.toy, batch);
    if (pass.step >= 104) loss.total = loss.total + 10.0;
    return loss;
  };
  const std::string message = message_of(run);
  EXPECT_NE(message.find("since step 105"), std::string::npos) << message;
  EXPECT_NE(message.find("step-00000100"), std::string::npos) << message;
}

TEST(Trainer, StopsEarlyAndEndsWithTheBestWeights) {
  const TemporaryFolder folder;
  for (const bool on_disk : {true, false}) {
    ToyRun run;
    if (on_disk) run.setup.out = folder / "run";
    run.setup.options.eval_every = 2;
    run.setup.options.patience = 3;
    Tensor at_best, at_end;
    run.hooks.evaluate = [&](int64_t step) {
      if (step == 8) at_best = run.toy->w1.detach().clone();
      return Evaluation{step == 8 ? 0.9 : 0.1, true, {{"score", 0}}};
    };
    run.hooks.finish = [&](int64_t) {
      at_end = run.toy->w1.detach().clone();
      return Metrics{{"test", 0.5}};
    };
    const TrainResult result = run.run();
    EXPECT_TRUE(result.stopped_early);
    EXPECT_EQ(result.steps, 14);
    EXPECT_EQ(result.best_step, 8);
    EXPECT_TRUE(torch::equal(at_best, at_end));
    EXPECT_EQ(result.final_metrics.at(0).second, 0.5);
    if (on_disk) {
      EXPECT_EQ(resolve_checkpoint(folder / "run"), folder / "run/step-00000008");
      EXPECT_NE(read_text_file(folder / "run/log.tsv").find("14\tfinal\ttest\t0.5\n"),
                std::string::npos);
    }
  }
}

TEST(Trainer, ABatchWithoutLabelsIsRefusedInWords) {
  ToyRun run;
  run.hooks.make_batch = [](uint64_t index) {
    Batch batch = toy_batch(index);
    batch.labels.assign(1, kIgnoreLabel);
    return batch;
  };
  EXPECT_NE(message_of(run).find("no token to learn from"), std::string::npos);
}

TEST(TrainOptions, WarmUpBeyondTheRunIsRefused) {
  TrainOptions options;
  options.steps = 10;
  options.warmup = 11;
  EXPECT_THROW(options.make_schedule(), ConfigError);
}

}  // namespace
}  // namespace lexome
