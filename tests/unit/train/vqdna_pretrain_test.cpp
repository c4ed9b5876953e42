// From a learned vocabulary to a run on its codes: what the run holds, that it needs its
// vocabulary's folder no more, what is said of masked codes and hidden bases, and what is refused.
#include <gtest/gtest.h>

#include <filesystem>

#include "lexome/bases.h"
#include "lexome/result_table.h"
#include "train/checkpoint.h"
#include "train/learn_vocabulary.h"
#include "train/load_vocabulary.h"
#include "train/pretrain.h"
#include "unit/models/base_batches.h"
#include "unit/train/support.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using lexome_test::message_of;
using lexome_test::slurp;
using lexome_test::spill;
using lexome_test::TemporaryFolder;

constexpr char kVocabulary[] =
    "[vocab]\nsizes=\"16,24\"\nstem=16\nwidth=32\nblocks=2\nlayer_scale=0.3\n[windows]\nlength="
    "144\n"
    "holdout=\"two\"\n[train]\nsteps=6\nbatch=4\nlr=1e-3\neval_every=6\nprecision=\"fp32\"\n"
    "[evaluate]\nwindows=4\n";
constexpr char kModel[] =
    "[model]\nname=\"vqdna\"\nlayers=1\nwidth=32\nheads=2\nffn=32\nmax_tokens=160\n[mask]\nname="
    "\"random\"\nrate=0.25\nmasked_share=1\nrandom_share=0\n[windows]\nlength=144\nholdout="
    "\"two\"\n"
    "[train]\nsteps=6\nbatch=4\nlr=1e-2\nwarmup=1\nlog_every=3\neval_every=3\nprecision=\"fp32\"\n"
    "[evaluate]\nwindows=6\nnll_windows=4\nnll_windows_during=2\n";

class VqdnaPretrain : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LEXOME_CACHE", (folder_ / "cache").c_str(), 1);
    spill(folder_ / "g.fa", ">one\n" + to_letters(lexome_test::random_bases(20000, 1)) +
                                "\n>two\n" + to_letters(lexome_test::random_bases(9000, 2)) + "\n");
    VocabularyRequest vocabulary;
    vocabulary.machine.threads = 1;
    vocabulary.machine.device = "cpu";
    vocabulary.kind = "hrq";
    vocabulary.recipe = Recipe::from_text(kVocabulary, "vocabulary.toml");
    vocabulary.genomes = {folder_ / "g.fa"};
    vocabulary.out = folder_ / "codes";
    learn_vocabulary(vocabulary);
  }
  void TearDown() override { unsetenv("LEXOME_CACHE"); }
  PretrainRequest request(const std::string& out, const std::string& corrupt) {
    PretrainRequest made;
    made.machine.threads = 1;
    made.machine.device = "cpu";
    made.recipe = Recipe::from_text(kModel, "model.toml");
    made.recipe.set("model.corrupt", corrupt, "test");
    made.vocabulary = folder_ / "codes";
    made.genomes = {folder_ / "g.fa"};
    made.out = folder_ / out;
    made.seed = 3;
    return made;
  }
  TemporaryFolder folder_;
};

TEST_F(VqdnaPretrain, TheRunIsWholeWithoutItsVocabulary) {
  pretrain(request("run", "codes"));
  const LoadedVocabulary codes = load_vocabulary(folder_ / "codes", torch::kCPU);
  fs::rename(folder_ / "codes", folder_ / "elsewhere");
  const LoadedModel loaded = load_model(folder_ / "run", torch::kCPU);
  EXPECT_EQ(loaded.tokenizer->sees().left, 8);
  const TensorMap tensors = named_tensors(*loaded.model);
  for (const auto& [name, tensor] : codes.vocabulary->tensors())
    EXPECT_TRUE(tensors.at("codes." + name).equal(tensor)) << name;
  EXPECT_EQ(loaded.recipe.find("model.codes.sha256")->value, codes.sha256);
  EXPECT_EQ(loaded.recipe.find("model.codes.sizes")->value, "16,24");
  // Fresh weights leave the vocabulary as it is.
  const uint64_t seed = 9;
  const LoadedModel fresh = load_model(folder_ / "run", torch::kCPU, &seed);
  const TensorMap others = named_tensors(*fresh.model);
  EXPECT_TRUE(
      others.at("codes.quantizer.level2.codes").equal(tensors.at("codes.quantizer.level2.codes")));
  EXPECT_FALSE(others.at("embeddings.codes.weight").equal(tensors.at("embeddings.codes.weight")));
}

TEST_F(VqdnaPretrain, MaskedCodesAreJudgedBesideTheirNeighbours) {
  for (const char* corrupt : {"codes", "bases"}) {
    SCOPED_TRACE(corrupt);
    const PretrainRequest asked = request(std::string("run-") + corrupt, corrupt);
    const std::string& out = asked.out;
    pretrain(asked);
    const std::string log = slurp(out + "/log.tsv");
    for (const char* name : {"0\tdata\tlevel1.local_accuracy\t", "3\tvalid\tlevel2.accuracy\t",
                             "6\tfinal\tlevel1.accuracy\t"}) {
      EXPECT_NE(log.find(name), std::string::npos) << name;
    }
    // A base can be hidden from codes only where codes are made without it.
    const bool has_nll = std::string(corrupt) == "bases";
    EXPECT_EQ(log.find("final\tbase_nll_isolated") != std::string::npos, has_nll);
    int64_t codes = 0, bases = 0;
    for (const ResultRow& row : ResultTable::read(out + "/results.tsv").rows) {
      codes += row.suite == "masked_codes";
      bases += row.suite == "base_nll";
      if (row.suite != "masked_codes") continue;
      EXPECT_GE(row.value, 0.0);
      EXPECT_LE(row.value, 1.0);
      EXPECT_GT(row.n, 100);
    }
    EXPECT_EQ(codes, 6);
    EXPECT_EQ(bases, has_nll ? 6 : 0);
  }
}

TEST_F(VqdnaPretrain, AVocabularyIsAModelWithoutLayers) {
  const LoadedModel loaded = load_model(folder_ / "codes", torch::kCPU);
  EXPECT_EQ(loaded.model->width(), 32);
  EXPECT_TRUE(trainable_parameters(*loaded.model).empty());
  const auto again = make_model(loaded.recipe, *loaded.tokenizer, 0);
  EXPECT_EQ(named_tensors(*again).size(), named_tensors(*loaded.model).size());
}

TEST_F(VqdnaPretrain, RefusesBeforeAnyWork) {
  PretrainRequest none = request("out", "codes");
  none.vocabulary.clear();
  EXPECT_NE(message_of<ConfigError>([&] { pretrain(none); }).find("lexome vocab hrq"),
            std::string::npos);
  PretrainRequest fixed = request("out", "codes");
  fixed.vocabulary = folder_ / "g.fa";
  EXPECT_NE(message_of<InputError>([&] { pretrain(fixed); }).find("folder of a learned vocabulary"),
            std::string::npos);
  PretrainRequest other = request("out", "codes");
  other.recipe = Recipe::from_text("model.name = \"dnabert\"\n", "other.toml");
  EXPECT_NE(message_of<ConfigError>([&] { pretrain(other); }).find("dnabert cannot read"),
            std::string::npos);
  PretrainRequest stranger = request("out", "codes");
  stranger.recipe.set("model.codes.sha256", std::string(64, '0'), "test");
  EXPECT_NE(message_of<ConfigError>([&] { pretrain(stranger); }).find("not the vocabulary"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  // A codebook with NaN.
  const std::string folder = resolve_checkpoint(folder_ / "codes");
  CheckpointContents contents = read_checkpoint(folder, true);
  contents.model.at("quantizer.level1.codes")[0][0] = std::nan("");
  save_checkpoint(folder, contents);
  EXPECT_NE(message_of<FormatError>([&] {
              pretrain(request("out", "codes"));
            }).find("quantizer.level1.codes"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome
