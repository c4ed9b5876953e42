// Checkpoints through a save and a load, and every way in which one can be damaged.
#include "train/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "lexome/error.h"
#include "train/run_folder.h"
#include "unit/train/support.h"
#include "vocab/kmer.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

constexpr char kRecipe[] =
    "model.name = \"dnabert\"\nmodel.layers = 1\nmodel.width = 16\nmodel.heads = 2\nmodel.ffn = "
    "32\n"
    "model.max_tokens = 32\nmodel.dropout = 0.0\ntrain.steps = 3\n";

CheckpointContents small_checkpoint() {
  CheckpointContents contents;
  contents.recipe = kRecipe;
  KmerOptions kmers;
  kmers.k = 2;
  const auto tokenizer = make_kmer(kmers);
  contents.tokenizer = tokenizer->to_json();
  const auto model = make_model(Recipe::from_text(kRecipe, "test"), *tokenizer, 3);
  for (const auto& [name, tensor] : named_tensors(*model))
    contents.model[name] = tensor.detach().clone();
  contents.model["classifier.weight"] = torch::full({2, 16}, 0.5F);
  contents.optimizer["steps"] = torch::full({1}, 7, torch::kInt64);
  contents.state["step"] = 7;
  contents.state["task"] = {{"classes", {"no", "yes"}}};
  contents.log = "#step\tsplit\tname\tvalue\n7\ttrain\tloss\t1\n";
  contents.timing = "#step\n";
  return contents;
}

std::string message_of(const std::string& folder, bool with_optimizer = true) {
  try {
    read_checkpoint(folder, with_optimizer);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "";
}

void flip_bit(const std::string& path, int64_t from_end) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(-from_end, std::ios::end);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(-from_end, std::ios::end);
  file.put(byte);
}

TEST(Checkpoint, ComesBackAsItWas) {
  const TemporaryFolder folder;
  const CheckpointContents saved = small_checkpoint();
  save_checkpoint(folder / "c", saved);
  const CheckpointContents read = read_checkpoint(folder / "c", true);
  EXPECT_EQ(read.recipe, saved.recipe);
  EXPECT_EQ(read.tokenizer, saved.tokenizer);
  EXPECT_EQ(read.log, saved.log);
  EXPECT_EQ(read.state.at("task"), saved.state.at("task"));
  EXPECT_EQ(read.state.at("format"), kCheckpointVersion);
  EXPECT_TRUE(read.state.contains("cpu") && read.state.contains("threads") &&
              read.state.contains("build"));
  ASSERT_EQ(read.model.size(), saved.model.size());
  for (const auto& [name, tensor] : saved.model)
    EXPECT_TRUE(torch::equal(tensor, read.model.at(name))) << name;
  EXPECT_EQ(read.optimizer.at("steps").item<int64_t>(), 7);
  EXPECT_EQ(folder.entries(), 1U) << "temporaries remain";
}

TEST(Checkpoint, ReplacesOneOfTheSameName) {
  const TemporaryFolder folder;
  CheckpointContents contents = small_checkpoint();
  save_checkpoint(folder / "c", contents);
  contents.state["step"] = 8;
  save_checkpoint(folder / "c", contents);
  EXPECT_EQ(read_checkpoint(folder / "c", true).state.at("step"), 8);
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(Checkpoint, LoadsAsAModelWithItsHead) {
  const TemporaryFolder folder;
  const CheckpointContents saved = small_checkpoint();
  save_checkpoint(folder / "c", saved);
  const LoadedModel loaded = load_model(folder / "c", torch::kCPU);
  EXPECT_EQ(loaded.tokenizer->vocab_size(), 16 + 5);
  EXPECT_EQ(loaded.model->width(), 16);
  ASSERT_EQ(loaded.extra.size(), 1U);
  EXPECT_TRUE(
      torch::equal(loaded.extra.at("classifier.weight"), saved.model.at("classifier.weight")));
  for (const auto& [name, tensor] : named_tensors(*loaded.model)) {
    EXPECT_TRUE(torch::equal(tensor, saved.model.at(name))) << name;
  }
  EXPECT_EQ(loaded.sha256.size(), 64U);
}

TEST(Checkpoint, FreshWeightsKeepArchitectureOnly) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  const uint64_t seed = 99;
  const LoadedModel fresh = load_model(folder / "c", torch::kCPU, &seed);
  const LoadedModel trained = load_model(folder / "c", torch::kCPU);
  EXPECT_TRUE(fresh.extra.empty());
  bool differs = false;
  const TensorMap trained_tensors = named_tensors(*trained.model);
  for (const auto& [name, tensor] : named_tensors(*fresh.model)) {
    EXPECT_EQ(tensor.sizes(), trained_tensors.at(name).sizes());
    differs = differs || !torch::equal(tensor, trained_tensors.at(name));
  }
  EXPECT_TRUE(differs);
}

TEST(Checkpoint, TruncatedFilesAreNamed) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  fs::resize_file(folder / "c/model.safetensors",
                  fs::file_size(folder / "c/model.safetensors") - 5);
  const std::string message = message_of(folder / "c");
  EXPECT_NE(message.find("c/model.safetensors"), std::string::npos) << message;
  EXPECT_NE(message.find("truncated"), std::string::npos) << message;
}

TEST(Checkpoint, FlippedBitsAreNamedWithTheHash) {
  for (const char* name : {"recipe.toml", "tokenizer.json", "model.safetensors",
                           "optimizer.safetensors", "state.json"}) {
    const TemporaryFolder folder;
    save_checkpoint(folder / "c", small_checkpoint());
    flip_bit(folder / "c/" + name, 3);
    const std::string message = message_of(folder / "c");
    EXPECT_NE(message.find(name), std::string::npos) << message;
    EXPECT_NE(message.find("SHA-256"), std::string::npos) << message;
  }
}

TEST(Checkpoint, MissingFilesAreNamed) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  fs::remove(folder / "c/tokenizer.json");
  EXPECT_NE(message_of(folder / "c").find("tokenizer.json: missing"), std::string::npos);
}

TEST(Checkpoint, NewerVersionsAreRefused) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  std::string manifest = read_text_file(folder / "c/MANIFEST");
  manifest.replace(manifest.find('\t') + 1, 1, "9");
  write_text_file(folder / "c/MANIFEST", manifest);
  const std::string message = message_of(folder / "c");
  EXPECT_NE(message.find("newer"), std::string::npos) << message;
}

TEST(Checkpoint, DamagedManifestsAreRefused) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  for (const char* text :
       {"", "something else\n", "lexome-checkpoint\t1\nabc\n", "lexome-checkpoint\t1\n"}) {
    write_text_file(folder / "c/MANIFEST", text);
    EXPECT_THROW(read_checkpoint(folder / "c", true), FormatError) << text;
  }
}

TEST(Checkpoint, WithoutOptimizerItCannotBeResumed) {
  const TemporaryFolder folder;
  CheckpointContents contents = small_checkpoint();
  contents.optimizer.clear();
  save_checkpoint(folder / "c", contents);
  EXPECT_EQ(message_of(folder / "c", false), "");
  EXPECT_NE(message_of(folder / "c", true).find("cannot be resumed"), std::string::npos);
}

TEST(Checkpoint, ATensorOfAnotherShapeIsNamed) {
  const TemporaryFolder folder;
  CheckpointContents contents = small_checkpoint();
  contents.model.begin()->second = torch::zeros({1, 2, 3});
  save_checkpoint(folder / "c", contents);
  EXPECT_THROW(load_model(folder / "c", torch::kCPU), FormatError);
}

TEST(Checkpoint, AFullDiskLeavesTheLastOneIntact) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  // No file may grow beyond 4 KiB, and the limit comes back as an error instead of a signal.
  struct rlimit old {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = old;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  CheckpointContents contents = small_checkpoint();
  contents.state["step"] = 8;
  EXPECT_THROW(save_checkpoint(folder / "c", contents), IoError);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(read_checkpoint(folder / "c", true).state.at("step"), 7);
  EXPECT_EQ(folder.entries(), 1U) << "half a checkpoint remains";
}

TEST(RunFolder, StandsForItsBestCheckpointElseItsLast) {
  const TemporaryFolder folder;
  RunFolder run(folder / "run");
  run.start("x = 1\n", "{}");
  EXPECT_THROW(resolve_checkpoint(folder / "run"), InputError);
  run.save(1, small_checkpoint(), false, 5);
  EXPECT_EQ(resolve_checkpoint(folder / "run"), folder / "run/step-00000001");
  run.save(2, small_checkpoint(), true, 5);
  run.save(3, small_checkpoint(), false, 5);
  EXPECT_EQ(resolve_checkpoint(folder / "run"), folder / "run/step-00000002");
  EXPECT_EQ(resolve_checkpoint(folder / "run", true), folder / "run/step-00000003");
  EXPECT_EQ(resolve_checkpoint(folder / "run/step-00000001"), folder / "run/step-00000001");
  EXPECT_THROW(resolve_checkpoint(folder / "nothing"), InputError);
  fs::remove_all(folder / "run/step-00000002");
  EXPECT_THROW(resolve_checkpoint(folder / "run"), FormatError);
}

TEST(RunFolder, KeepsTheLastOnesAndTheBest) {
  const TemporaryFolder folder;
  RunFolder run(folder / "run");
  run.start("x = 1\n", "{}");
  for (int64_t step = 1; step <= 6; ++step) run.save(step, small_checkpoint(), step == 2, 2);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder / "run")) {
    if (entry.is_directory()) left.push_back(entry.path().filename());
  }
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"step-00000002", "step-00000005", "step-00000006"}));
  EXPECT_EQ(run.kept_before(6), 5);
  EXPECT_EQ(run.kept_before(2), -1);
}

TEST(RunFolder, RefusesWhatIsNotARun) {
  const TemporaryFolder folder;
  write_text_file(folder / "thesis.txt", "years of work");
  EXPECT_THROW(check_run_folder(folder.path().string(), false, true), ConfigError);
  EXPECT_THROW(check_run_folder(folder / "thesis.txt", false, true), ConfigError);
  EXPECT_THROW(check_run_folder(folder / "no/such/parent", false, false), IoError);
  RunFolder run(folder / "run");
  run.start("x = 1\n", "{}");
  EXPECT_THROW(check_run_folder(folder / "run", false, false), ConfigError);
  check_run_folder(folder / "run", true, false);
  check_run_folder(folder / "run", false, true);
  check_run_folder(folder / "new", false, false);
}

}  // namespace
}  // namespace lexome
