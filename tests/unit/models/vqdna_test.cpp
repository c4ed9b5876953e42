// The vocabulary network: its size as counted by hand, how far a base reaches, what padding and N
// change (nothing), what learns, and that it does learn.
#include "models/vqdna.h"

#include <gtest/gtest.h>

#include "kernels/adamw.h"
#include "lexome/error.h"
#include "unit/models/base_batches.h"

namespace lexome {
namespace {

using lexome_test::batch_of;
using lexome_test::random_bases;

VqdnaOptions small(const std::string& kind) {
  VqdnaOptions options(kind);
  options.stem = 16;
  options.width = 32;
  options.layer_scale = 0.3;
  if (kind != "fsq")
    options.sizes = kind == "vq" ? std::vector<int64_t>{24} : std::vector<int64_t>{16, 24};
  return options;
}

CodedBatch coded(Vqdna& network, const Batch& batch, bool training = false) {
  Pass pass;
  pass.training = training;
  return network.code(to_tensor(batch, torch::kCPU), pass);
}

// A network whose codebooks have seen a batch.
std::shared_ptr<Vqdna> primed(const VqdnaOptions& options) {
  const auto network = std::make_shared<Vqdna>(options, 3);
  std::vector<Bases> rows;
  for (uint64_t i = 0; i < 8; ++i) rows.push_back(random_bases(120, 100 + i));
  coded(*network, batch_of(rows), true);
  return network;
}

class Kinds : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Vqdna, Kinds, testing::Values("vq", "hrq", "rvq", "fsq"),
                         [](const auto& kind) { return kind.param; });

TEST(Vqdna, FullSizeIsCountedByHand) {
  const int64_t block = (7 * 384 + 384) + 2 * 384 + (384 * 1536 + 1536) + (1536 * 384 + 384) + 384;
  const int64_t encoder = 20 * 256 + 256 + 2 * 256 + (256 * 384 + 384) + 6 * block;
  const int64_t decoder = 6 * block + (384 * 256 + 256) + 2 * 256 + 20 * 256 + 4;
  EXPECT_EQ(encoder + decoder, 14'438'276);
  for (const auto& [kind, codes] : {std::pair<std::string, int64_t>{"vq", 512}, {"hrq", 3072}}) {
    const VqdnaOptions options(kind);
    const ParameterCounts counts = Vqdna(options, 1).parameter_counts();
    EXPECT_EQ(counts.trunk, encoder + decoder);
    EXPECT_EQ(counts.embedding, codes * 384);
    EXPECT_NE(compare_with_paper(options, counts).find(kind == "vq" ? "16 M" : "17 M"),
              std::string::npos);
  }
  EXPECT_EQ(compare_with_paper(small("vq"), {}), "");
}

// A changed base reaches codes of a level as far as sees() says, and no code beyond.
TEST_P(Kinds, ReceptiveFieldIsWhatIsDeclared) {
  const auto network = primed(small(GetParam()));
  const int levels = network->quantizer().num_levels();
  const int64_t deep = network->sees(levels - 1).left;
  EXPECT_EQ(deep, 20);
  EXPECT_EQ(network->sees(0).left, GetParam() == "hrq" ? 11 : 20);
  std::vector<std::vector<bool>> reached(static_cast<size_t>(levels), std::vector<bool>(101));
  const torch::NoGradGuard no_grad;
  for (uint64_t trial = 0; trial < 40; ++trial) {
    const Bases before = random_bases(101, trial);
    Bases after = before;
    after[50] = static_cast<Base>((after[50] + 1 + trial % 3) % 4);
    const CodedBatch both = coded(*network, batch_of({before, after}));
    for (int level = 0; level < levels; ++level) {
      const Tensor& codes = both.quantized.levels[static_cast<size_t>(level)].codes_R;
      for (int64_t i = 0; i < 101; ++i) {
        if (codes[i].item<int64_t>() == codes[101 + i].item<int64_t>()) continue;
        reached[static_cast<size_t>(level)][static_cast<size_t>(i)] = true;
        EXPECT_LE(std::abs(i - 50), network->sees(level).left) << "level " << level + 1;
      }
    }
  }
  for (int level = 0; level < levels; ++level)
    EXPECT_TRUE(reached[static_cast<size_t>(level)][50]) << "a code that depends on its base";
}

TEST_P(Kinds, PaddingAndBatchMatesChangeNothing) {
  const auto network = primed(small(GetParam()));
  const torch::NoGradGuard no_grad;
  const Bases bases = random_bases(61, 1);
  const CodedBatch alone = coded(*network, batch_of({bases}));
  const CodedBatch among = coded(*network, batch_of({random_bases(90, 2), bases, {}}, 97));
  EXPECT_EQ(alone.bases, 61);
  EXPECT_EQ(among.bases, 151);
  for (size_t level = 0; level < alone.quantized.levels.size(); ++level) {
    EXPECT_TRUE(among.quantized.levels[level]
                    .codes_R.slice(0, 97, 97 + 61)
                    .equal(alone.quantized.levels[level].codes_R));
    EXPECT_TRUE(among.quantized.levels[level].codes_R.slice(0, 97 + 61).eq(-1).all().item<bool>());
  }
  EXPECT_LT((among.logits_R4.slice(0, 97, 97 + 61) - alone.logits_R4).abs().max().item<double>(),
            1e-4);
}

TEST_P(Kinds, UnknownBasesHaveNoCodeAndNoLoss) {
  const auto network = primed(small(GetParam()));
  const torch::NoGradGuard no_grad;
  Bases bases = random_bases(60, 3);
  bases[30] = kN;
  const CodedBatch out = coded(*network, batch_of({bases}));
  EXPECT_EQ(out.bases, 59);
  for (const QuantizedLevel& level : out.quantized.levels)
    EXPECT_EQ(level.codes_R[30].item<int64_t>(), -1);
  const CodedBatch none = coded(*network, batch_of({Bases(20, kN)}));
  EXPECT_EQ(none.total.item<double>(), 0.0);
}

TEST_P(Kinds, GradientsReachEveryParameterAndNoCodebook) {
  for (const char* gradient : {"ste", "rotation"}) {
    for (const char* previous : {"ste", "detach"}) {
      VqdnaOptions options = small(GetParam());
      options.gradient = gradient;
      options.prev_code_grad = previous;
      options.tap_norm = true;
      options.transition = 3;
      const auto network = primed(options);
      coded(*network, batch_of({random_bases(80, 4), random_bases(64, 5)}), true).total.backward();
      for (const auto& item : network->named_parameters()) {
        ASSERT_TRUE(item.value().grad().defined()) << item.key();
        EXPECT_GT(item.value().grad().abs().max().item<double>(), 0.0) << item.key();
      }
      for (const auto& item : network->named_buffers()) EXPECT_FALSE(item.value().requires_grad());
    }
  }
}

TEST_P(Kinds, CodesDecodeToWhatTheNetworkGaveBack) {
  const auto network = primed(small(GetParam()));
  const torch::NoGradGuard no_grad;
  const Batch plain = batch_of({random_bases(70, 6), random_bases(33, 7)});
  const TensorBatch batch = to_tensor(plain, torch::kCPU);
  const CodedBatch out = network->code(batch, {});
  std::vector<Tensor> codes;
  for (const QuantizedLevel& level : out.quantized.levels) codes.push_back(level.codes_R);
  const Tensor features_BLD = network->quantizer().features(codes).view({2, 70, 32});
  const Tensor logits = network->decode(features_BLD, torch::tensor({70, 33}, torch::kInt64), {});
  EXPECT_LT((logits.view({-1, 4}) - out.logits_R4).abs().max().item<double>(), 1e-4);
}

TEST_P(Kinds, Bf16StaysCloseToFp32) {
  const auto network = primed(small(GetParam()));
  const torch::NoGradGuard no_grad;
  const Batch plain = batch_of({random_bases(300, 8)});
  const TensorBatch batch = to_tensor(plain, torch::kCPU);
  Pass low;
  low.bf16 = true;
  const CodedBatch a = network->code(batch, {}), b = network->code(batch, low);
  EXPECT_NEAR(a.reconstruction.item<double>(), b.reconstruction.item<double>(), 0.05);
  const Tensor same = a.quantized.levels[0].codes_R.eq(b.quantized.levels[0].codes_R);
  EXPECT_GT(same.to(torch::kFloat32).mean().item<double>(), 0.8);
}

// Hidden codes show in what training gives back, in every second row, and nowhere else.
TEST_P(Kinds, HiddenCodesAreMissedInEverySecondRowOfTraining) {
  VqdnaOptions options = small(GetParam());
  const auto plain = primed(options);
  options.hide = 0.75;
  const auto hiding = primed(options);
  std::vector<Bases> rows;
  for (uint64_t i = 0; i < 4; ++i) rows.push_back(random_bases(60, 20 + i));
  const Batch batch = batch_of(rows);
  const auto apart = [&](bool training) {
    const torch::NoGradGuard no_grad;
    const Tensor a = coded(*plain, batch, training).logits_R4.view({4, 60, 4});
    const Tensor b = coded(*hiding, batch, training).logits_R4.view({4, 60, 4});
    return (a - b).abs().amax({1, 2});
  };
  EXPECT_EQ(apart(false).max().item<double>(), 0.0);
  const Tensor trained_B = apart(true);
  for (int64_t row = 0; row < 4; ++row)
    EXPECT_EQ(trained_B[row].item<double>() > 0, row % 2 == 1) << row;
}

// A short training: bases come back, codes stay in use.
TEST_P(Kinds, Learns) {
  VqdnaOptions options = small(GetParam());
  options.blocks = 2;
  if (GetParam() == "fsq") options.sizes = {5, 5, 5};
  Vqdna network(options, 3);
  const std::vector<Tensor> weights = network.parameters();
  std::vector<Tensor> first_moments, second_moments;
  for (const Tensor& weight : weights) {
    first_moments.push_back(torch::zeros_like(weight));
    second_moments.push_back(torch::zeros_like(weight));
  }
  double first = 0, last = 0;
  for (uint64_t step = 1; step <= 150; ++step) {
    std::vector<Bases> rows;
    for (uint64_t row = 0; row < 8; ++row) rows.push_back(random_bases(64, 1000 * step + row));
    const CodedBatch out = coded(network, batch_of(rows), true);
    out.total.backward();
    for (size_t i = 0; i < weights.size(); ++i) {
      const torch::NoGradGuard no_grad;
      adamw_update(weights[i], weights[i].grad(), first_moments[i], second_moments[i], 3e-3, 0.9,
                   0.999, 1e-8, 0.0, static_cast<int64_t>(step), torch::ones({}));
      weights[i].mutable_grad() = Tensor();
    }
    network.quantizer().update(step, single_worker());
    last = out.reconstruction.item<double>();
    if (step == 1) first = last;
  }
  EXPECT_LT(last, 0.7 * first);
  for (int level = 0; level < network.quantizer().num_levels(); ++level)
    EXPECT_LE(network.quantizer().num_dead(level), 2);
}

TEST(Vqdna, OptionsThatContradictAreRefused) {
  VqdnaOptions options("hrq");
  options.taps = {3};
  EXPECT_THROW(options.check(), ConfigError);
  options.taps = {6, 3};
  EXPECT_THROW(options.check(), ConfigError);
  options.taps = {3, 7};
  EXPECT_THROW(options.check(), ConfigError);
  options.taps = {};
  options.transition = 2;
  EXPECT_THROW(options.check(), ConfigError);
}

}  // namespace
}  // namespace lexome
