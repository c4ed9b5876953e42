// The quantisers against their equations: hierarchical levels, residual levels, digits of finite
// scalars, and what reaches the encoder.
#include "nn/quantizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/nearest_code.h"
#include "lexome/error.h"
#include "nn/code_health.h"
#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::distance;
using lexome_test::random_tensor;

constexpr int64_t kRows = 200, kWidth = 32;

QuantizerOptions options_of(const std::string& kind, std::vector<int64_t> sizes) {
  QuantizerOptions options;
  options.kind = kind;
  options.sizes = std::move(sizes);
  options.width = kWidth;
  return options;
}

Tensor codes_of(Quantizer& quantizer, int level) {
  return quantizer.named_buffers()["level" + std::to_string(level) + ".codes"];
}

struct Taken {
  Tensor z1 = random_tensor({kRows, kWidth}, 1).requires_grad_();
  Tensor z2 = random_tensor({kRows, kWidth}, 2).requires_grad_();
  Tensor real = torch::ones({kRows}, torch::kBool);
  Quantized by(Quantizer& quantizer, bool training = true) {
    return quantizer.quantize({z1, z2}, real, training, single_worker());
  }
};

TEST(Hrq, IsTheAdditiveFormOnTheDeeperTap) {
  const auto quantizer = make_quantizer(options_of("hrq", {16, 32}), 3);
  Taken taken;
  const Quantized out = taken.by(*quantizer);
  const Tensor e1 = out.levels[0].vector_RD, e2 = out.levels[1].vector_RD,
               h2 = out.levels[1].input_RD;
  EXPECT_TRUE(h2.equal(2 * taken.z2 - e1));
  // e2 / 2 nearest to Z2 - e1 / 2: scaling by two is exact, so the same codes.
  const Tensor halves = codes_of(*quantizer, 2) * 0.5;
  EXPECT_TRUE(
      nearest_code_reference(taken.z2.detach() - e1 * 0.5, halves).equal(out.levels[1].codes_R));
  // Z_hat = (e1 + e2) / 2 = Z2 - (H2 - e2) / 2, in float64 but for the rounding of Z_hat itself.
  const Tensor want =
      taken.z2.detach().to(torch::kFloat64) - (h2.to(torch::kFloat64) - e2.to(torch::kFloat64)) / 2;
  EXPECT_LT((out.features_RD.detach() - want).abs().max().item<double>(), 2e-6);
  EXPECT_TRUE(quantizer->features({out.levels[0].codes_R, out.levels[1].codes_R})
                  .allclose(out.features_RD, 0, 1e-7));
}

TEST(Hrq, GradientsFollowTheRuleForTheLevelBefore) {
  const Tensor grad = random_tensor({kRows, kWidth}, 3);
  for (const bool detach : {false, true}) {
    QuantizerOptions options = options_of("hrq", {16, 32});
    options.detach_previous = detach;
    const auto quantizer = make_quantizer(options, 3);
    Taken taken;
    taken.by(*quantizer).features_RD.backward(grad);
    EXPECT_LT(distance(taken.z2.grad(), grad), 1e-6);
    const double share = detach ? 0.5 : 0.0;
    EXPECT_LT((taken.z1.grad() - share * grad).abs().max().item<double>(), 1e-6);
  }
}

TEST(Hrq, CommitmentReachesEveryLevel) {
  for (const char* kind : {"hrq", "rvq"}) {
    const auto quantizer = make_quantizer(options_of(kind, {16, 32}), 3);
    Taken taken;
    const Quantized out = taken.by(*quantizer);
    out.commitment.backward();
    const Tensor e1 = out.levels[0].vector_RD, e2 = out.levels[1].vector_RD;
    const double per_element = 2.0 / (kRows * kWidth) / 2;  // mean over features, then levels
    if (std::string(kind) == "hrq") {
      const Tensor z2 = taken.z2.detach();
      EXPECT_LT(distance(taken.z1.grad(), per_element * (taken.z1.detach() - e1)), 1e-5);
      EXPECT_LT(distance(taken.z2.grad(), per_element * 2 * (2 * z2 - e1 - e2)), 1e-5);
      EXPECT_GT(taken.z2.grad().norm().item<double>(), 1e-4);
    } else {
      const Tensor z = taken.z1.detach();
      EXPECT_LT(distance(taken.z1.grad(), per_element * (2 * z - 2 * e1 - e2)), 1e-5);
    }
  }
}

TEST(Rvq, LevelsQuantiseWhatIsLeftAndAddUp) {
  const auto quantizer = make_quantizer(options_of("rvq", {16, 32, 32}), 3);
  Taken taken;
  const Quantized out = taken.by(*quantizer);
  Tensor left = taken.z1.detach();
  double before = left.norm().item<double>();
  for (const QuantizedLevel& level : out.levels) {
    EXPECT_LT(distance(level.input_RD, left), 1e-6);
    left = left - level.vector_RD;
    EXPECT_LT(left.norm().item<double>(), before);
    before = left.norm().item<double>();
  }
  EXPECT_LT(distance(out.features_RD, taken.z1.detach() - left), 1e-6);
}

TEST(Quantizers, PaddingIsNoCodeAndCountsInNoLoss) {
  for (const char* kind : {"vq", "hrq", "rvq", "fsq"}) {
    const std::string name = kind;
    const auto sizes = name == "vq"    ? std::vector<int64_t>{16}
                       : name == "fsq" ? std::vector<int64_t>{8, 8, 8}
                                       : std::vector<int64_t>{16, 32};
    const auto quantizer = make_quantizer(options_of(name, sizes), 3);
    Taken taken;
    taken.real.slice(0, 150).fill_(false);
    const Quantized out = taken.by(*quantizer);
    const double want = out.commitment.item<double>();
    for (const QuantizedLevel& level : out.levels) {
      EXPECT_TRUE(level.codes_R.slice(0, 150).eq(-1).all().item<bool>()) << kind;
      EXPECT_TRUE(level.codes_R.slice(0, 0, 150).ge(0).all().item<bool>()) << kind;
    }
    EXPECT_EQ(out.features_RD.slice(0, 150).abs().max().item<double>(), 0.0) << kind;
    const torch::NoGradGuard no_grad;
    taken.z1.slice(0, 150).fill_(1e6);
    taken.z2.slice(0, 150).fill_(-1e6);
    EXPECT_EQ(taken.by(*quantizer, false).commitment.item<double>(), want) << kind;
  }
}

TEST(Quantizers, CodesBecomeWhatTheDecoderRead) {
  for (const char* kind : {"vq", "hrq", "rvq", "fsq"}) {
    for (const char* metric : {"l2", "cosine"}) {
      const std::string name = kind;
      if (std::string(metric) == "cosine" && (name == "rvq" || name == "fsq")) continue;
      QuantizerOptions options = options_of(name, name == "vq"    ? std::vector<int64_t>{16}
                                                  : name == "fsq" ? std::vector<int64_t>{5, 4, 8}
                                                                  : std::vector<int64_t>{16, 32});
      options.codebook.cosine = std::string(metric) == "cosine";
      options.estimator = Estimator::kRotation;
      const auto quantizer = make_quantizer(options, 3);
      Taken taken;
      const Quantized out = taken.by(*quantizer);
      std::vector<Tensor> codes;
      for (const QuantizedLevel& level : out.levels) codes.push_back(level.codes_R);
      EXPECT_LT(distance(quantizer->features(codes), out.features_RD), 1e-6) << kind << metric;
      out.features_RD.sum().backward();
      EXPECT_TRUE(taken.z1.grad().isfinite().all().item<bool>());
    }
  }
}

TEST(Quantizer, CodesAloneAreThoseOfQuantize) {
  for (const char* kind : {"vq", "hrq", "rvq", "fsq"}) {
    const std::string name = kind;
    const auto quantizer =
        make_quantizer(options_of(name, name == "fsq"  ? std::vector<int64_t>{8, 5, 3}
                                        : name == "vq" ? std::vector<int64_t>{24}
                                                       : std::vector<int64_t>{16, 24}),
                       3);
    Taken taken;
    taken.real[7] = false;
    for (uint64_t step = 1; step < 3; ++step) {  // codes follow when the codebooks move
      taken.by(*quantizer);
      quantizer->update(step, single_worker());
      const Quantized out = taken.by(*quantizer, false);
      const std::vector<Tensor> codes = quantizer->codes({taken.z1, taken.z2}, taken.real);
      ASSERT_EQ(codes.size(), out.levels.size()) << kind;
      for (size_t level = 0; level < codes.size(); ++level)
        EXPECT_TRUE(codes[level].equal(out.levels[level].codes_R)) << kind;
      EXPECT_EQ(codes[0][7].item<int64_t>(), -1) << kind;
    }
  }
}

TEST(Fsq, DigitsFollowTheirDefinition) {
  const std::vector<int64_t> steps = {8, 5, 3};
  const auto quantizer = make_quantizer(options_of("fsq", steps), 3);
  EXPECT_EQ(quantizer->num_codes(0), 120);
  const torch::NoGradGuard no_grad;
  for (const auto& item : quantizer->named_parameters())
    if (item.key() == "down.weight") item.value().mul_(3.0);
  const Tensor z = random_tensor({4000, kWidth}, 5);
  const Quantized out =
      quantizer->quantize({z}, torch::ones({4000}, torch::kBool), true, single_worker());
  const auto parameters = quantizer->named_parameters();
  const Tensor low = (z.to(torch::kFloat64).mm(parameters["down.weight"].to(torch::kFloat64).t()) +
                      parameters["down.bias"].to(torch::kFloat64));
  int64_t differing = 0;
  for (int64_t r = 0; r < 4000; ++r) {
    int64_t code = 0, radix = 1;
    for (size_t c = 0; c < steps.size(); ++c) {
      const auto count = static_cast<double>(steps[c]);
      const double half = (count - 1) * 1.001 / 2, offset = steps[c] % 2 == 0 ? 0.5 : 0.0;
      const double bounded =
          std::tanh(low[r][static_cast<int64_t>(c)].item<double>() + std::atanh(offset / half)) *
              half -
          offset;
      code += (std::llround(bounded) + steps[c] / 2) * radix;
      radix *= steps[c];
    }
    differing += code != out.levels[0].codes_R[r].item<int64_t>();
  }
  EXPECT_LE(differing, 2) << "but for values within rounding of a border";
  CodeHealth health(120);
  health.add(out.levels[0]);
  EXPECT_GT(health.figures()[0].second, 95) << "usage in percent";
}

TEST(CodeHealth, FiguresOfAKnownBatch) {
  CodeHealth health(4);
  QuantizedLevel level;
  level.codes_R = torch::tensor(std::vector<int64_t>{0, 0, 1, 1, -1});
  level.input_RD = torch::tensor(std::vector<float>{3, 4, 3, 4, 3, 4, 3, 4, 9, 9}).view({5, 2});
  level.vector_RD = torch::tensor(std::vector<float>{3, 3, 3, 3, 3, 3, 3, 3, 0, 0}).view({5, 2});
  health.add(level);
  health.add(level);
  const std::vector<double> want = {50, 2, 2, 0.5, 1.0 / 25, 5, std::sqrt(18.0)};
  const auto figures = health.figures();
  ASSERT_EQ(figures.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(figures[i].second, want[i], 1e-9) << figures[i].first;
}

TEST(Quantizers, SizesThatDoNotFitAreRefused) {
  EXPECT_THROW(make_quantizer(options_of("vq", {16, 32}), 1), ConfigError);
  EXPECT_THROW(make_quantizer(options_of("hrq", {}), 1), ConfigError);
  EXPECT_THROW(make_quantizer(options_of("fsq", {8, 1}), 1), ConfigError);
  EXPECT_THROW(make_quantizer(options_of("fsq", {4096, 4096, 2}), 1), ConfigError);
  QuantizerOptions cosine = options_of("rvq", {8, 8});
  cosine.codebook.cosine = true;
  EXPECT_THROW(make_quantizer(cosine, 1), ConfigError);
}

}  // namespace
}  // namespace lexome
