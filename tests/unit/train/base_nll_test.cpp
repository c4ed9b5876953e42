// The yardstick: marginals against brute force over all tokens, models whose bits are known, and
// the same number for every tokenizer where it must be the same.
#include "train/base_nll.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lexome/error.h"
#include "unit/train/support.h"
#include "vocab/kmer.h"
#include "vocab/registry.h"

namespace lexome {
namespace {

std::shared_ptr<const Tokenizer> kmers(int k, int stride = 1) {
  KmerOptions options;
  options.k = k;
  options.stride = stride;
  return make_kmer(options);
}

// Every token id's logit is the sum of its bases' log probabilities: a model that knows composition
// only.
class CompositionModel : public Model {
 public:
  CompositionModel(const Tokenizer& tokenizer, std::array<double, 4> probabilities) {
    logits_V_ = torch::full({tokenizer.vocab_size()}, 7.0F);  // specials must not matter
    for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
      const BasesView spelling = tokenizer.spelling(id);
      if (spelling.empty()) continue;
      double sum = 0;
      for (const Base base : spelling) sum += std::log(probabilities[base]);
      logits_V_[id] = static_cast<float>(sum);
    }
  }
  int64_t width() const override { return 1; }
  int64_t num_layers() const override { return 0; }
  int64_t max_tokens() const override { return 512; }
  Hidden hidden(const TensorBatch& batch, const Pass&, bool) override {
    return {torch::zeros({batch.ids_BT.size(0), batch.ids_BT.size(1), 1}), {}};
  }
  Tensor pooled(const Tensor& states_BTD) override { return states_BTD.select(1, 0); }
  Loss loss(const TensorBatch&, const Pass&) override { return {}; }
  Tensor token_logits(const Tensor&, const Tensor& positions_n) override {
    return logits_V_.unsqueeze(0).expand({positions_n.size(0), -1});
  }
  ParameterCounts parameter_counts() const override { return {}; }
  double forward_flops(int64_t, int64_t, double) const override { return 0; }

 private:
  Tensor logits_V_;
};

Bases random_bases(size_t count, uint64_t stream) {
  Random random(11, Purpose::kTest, stream);
  Bases bases(count);
  for (Base& base : bases) base = static_cast<Base>(random.below(4));
  return bases;
}

std::vector<HiddenWindow> some_windows() {
  std::vector<HiddenWindow> windows(3);
  for (size_t i = 0; i < windows.size(); ++i) {
    HiddenWindow& window = windows[i];
    window.bases = random_bases(120 + 5 * i, i);
    window.isolated.assign(window.bases.size(), 0);
    window.spans.assign(window.bases.size(), 0);
    for (const size_t position : {20U, 50U, 77U}) window.isolated[position + i] = 1;
    std::fill_n(window.spans.begin() + 40 + static_cast<int64_t>(i), 11, uint8_t{1});
  }
  return windows;
}

TEST(BaseMarginals, MatchBruteForceOverAllTokens) {
  const auto tokenizer = kmers(3);
  const BaseMarginals marginals(*tokenizer);
  Random random(3, Purpose::kTest);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<float> logits(static_cast<size_t>(tokenizer->vocab_size()));
    for (float& logit : logits) logit = static_cast<float>(3 * random.normal());
    const Bases bases = random_bases(5, static_cast<uint64_t>(100 + trial));
    std::vector<uint8_t> hidden(5);
    for (uint8_t& flag : hidden) flag = random.chance(0.6) ? 1 : 0;
    const Cover cover{1, 3};
    std::vector<double> log_sums(20, 0.0);
    std::vector<int> counts(5, 0);
    marginals.add(logits, bases, hidden, cover, log_sums, counts);
    for (uint32_t position = 0; position < 5; ++position) {
      const bool asked = position >= 1 && position < 4 && hidden[position] != 0;
      EXPECT_EQ(counts[position], asked ? 1 : 0);
      if (!asked) continue;
      std::array<double, 4> sums{};
      for (int32_t id = 0; id < tokenizer->vocab_size(); ++id) {
        const BasesView spelling = tokenizer->spelling(id);
        bool agrees = spelling.size() == 3;
        for (uint32_t i = 0; agrees && i < 3; ++i)
          agrees = hidden[1 + i] != 0 || spelling[i] == bases[1 + i];
        if (agrees)
          sums[spelling[position - 1]] += std::exp(double{logits[static_cast<size_t>(id)]});
      }
      const double total = sums[0] + sums[1] + sums[2] + sums[3];
      for (size_t base = 0; base < 4; ++base) {
        EXPECT_NEAR(log_sums[position * 4 + base], std::log(sums[base] / total), 1e-5);
      }
    }
  }
}

TEST(BaseMarginals, ATokenWithAVisibleNSaysNothing) {
  const auto tokenizer = kmers(3);
  const BaseMarginals marginals(*tokenizer);
  const std::vector<float> logits(static_cast<size_t>(tokenizer->vocab_size()), 0.0F);
  const Bases bases{0, kN, 2};
  const std::vector<uint8_t> hidden{1, 0, 0};
  std::vector<double> log_sums(12, 0.0);
  std::vector<int> counts(3, 0);
  marginals.add(logits, bases, hidden, {0, 3}, log_sums, counts);
  EXPECT_EQ(counts, (std::vector<int>{0, 0, 0}));
}

TEST(PoolBases, IsTheRenormalisedGeometricMean) {
  const std::array<double, 4> a{0.7, 0.1, 0.1, 0.1}, b{0.25, 0.5, 0.15, 0.1};
  std::array<double, 4> log_sums{}, expected{};
  double total = 0;
  for (size_t i = 0; i < 4; ++i) {
    log_sums[i] = std::log(a[i]) + std::log(b[i]);
    expected[i] = std::sqrt(a[i] * b[i]);
    total += expected[i];
  }
  const auto pooled = pool_bases(log_sums, 2);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(pooled[i], expected[i] / total, 1e-12);
    // Never worse in bits than the members are on average.
    EXPECT_LE(-std::log(pooled[i]), -0.5 * log_sums[i] + 1e-12);
  }
  for (const double p : pool_bases(log_sums, 0)) EXPECT_EQ(p, 0.25);
}

TEST(BaseNll, IsTheSameForEveryRegularTokenizer) {
  const std::array<double, 4> composition{0.4, 0.15, 0.2, 0.25};
  const std::vector<HiddenWindow> windows = some_windows();
  std::vector<float> isolated, spans;
  for (const HiddenWindow& window : windows) {
    for (size_t i = 0; i < window.bases.size(); ++i) {
      const auto bits = static_cast<float>(-std::log2(composition[window.bases[i]]));
      if (window.isolated[i] != 0) isolated.push_back(bits);
      if (window.spans[i] != 0) spans.push_back(bits);
    }
  }
  for (const auto& tokenizer : {kmers(1), kmers(3), kmers(6), kmers(4, 4), kmers(5, 2)}) {
    CompositionModel model(*tokenizer, composition);
    for (const int64_t rows : {1, 2, 16}) {
      const BaseNll nll = model_base_nll(model, tokenizer, windows, torch::kCPU, false, rows);
      EXPECT_EQ(nll.uncovered, 0);
      ASSERT_EQ(nll.isolated.size(), isolated.size());
      ASSERT_EQ(nll.spans.size(), spans.size());
      for (size_t i = 0; i < isolated.size(); ++i) EXPECT_NEAR(nll.isolated[i], isolated[i], 1e-4);
      for (size_t i = 0; i < spans.size(); ++i) EXPECT_NEAR(nll.spans[i], spans[i], 1e-4);
    }
  }
}

TEST(BaseNll, AModelThatKnowsNothingNeedsTwoBits) {
  const auto tokenizer = kmers(6);
  CompositionModel model(*tokenizer, {0.25, 0.25, 0.25, 0.25});
  const BaseNll nll = model_base_nll(model, tokenizer, some_windows(), torch::kCPU, false, 4);
  EXPECT_NEAR(nll.mean_isolated(), 2.0, 1e-5);
  EXPECT_NEAR(nll.mean_spans(), 2.0, 1e-5);
}

// A genome set of one file of random bases; windows of 256, the last tenth held out.
class HiddenWindows : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("LEXOME_CACHE", (folder_ / "cache").c_str(), 1);
    std::string text = ">one\n" + to_letters(random_bases(40000, 77));
    text.replace(39000, 40, std::string(40, 'N'));
    lexome_test::spill(folder_ / "g.fa", text + "\n");
    genomes_ = std::make_shared<const GenomeSet>(GenomeSet::open({folder_ / "g.fa"}));
    windows_.length = 256;
    windows_.holdout_share = 0.1;
    options_.length = 256;
    options_.windows = 9;
  }
  void TearDown() override { unsetenv("LEXOME_CACHE"); }
  lexome_test::TemporaryFolder folder_;
  std::shared_ptr<const GenomeSet> genomes_;
  WindowOptions windows_;
  BaseNllOptions options_;
};

TEST_F(HiddenWindows, AreFixedHeldOutAndKeepTheirDistance) {
  const WindowPlan plan(genomes_, windows_);
  const std::vector<HiddenWindow> windows = hidden_windows(plan, options_);
  ASSERT_EQ(windows.size(), 9U);
  for (const HiddenWindow& window : windows) {
    EXPECT_GE(window.locus.start, 40000 - 4000 - 40);  // a tenth of what is not N, from the end
    EXPECT_EQ(window.bases.size(), 256U);
    EXPECT_EQ(std::count(window.isolated.begin(), window.isolated.end(), 1), 8);
    EXPECT_EQ(std::count(window.spans.begin(), window.spans.end(), 1), 22);
    int64_t last = -100;
    for (int64_t i = 0; i < 256; ++i) {
      if (window.isolated[static_cast<size_t>(i)] == 0) continue;
      EXPECT_GE(i - last, 16);
      last = i;
    }
  }
  // Another plan over the same held-out side hides the same bases; a longer list begins the same.
  windows_.strand = "+";
  windows_.lengths = "dnabert";
  options_.windows = 4;
  const std::vector<HiddenWindow> fewer = hidden_windows(WindowPlan(genomes_, windows_), options_);
  for (size_t i = 0; i < fewer.size(); ++i) {
    EXPECT_EQ(fewer[i].bases, windows[i].bases);
    EXPECT_EQ(fewer[i].isolated, windows[i].isolated);
  }
  options_.span_spacing = 40;
  EXPECT_THROW(hidden_windows(plan, options_), ConfigError);
}

TEST_F(HiddenWindows, AreScoredByTheFirstBaseOfVariableLengthTokens) {
  const auto trainer = tokenizer_entry("bpe").trainer();
  Schema schema;
  schema.add(trainer->fields());
  schema.apply(Recipe::from_text("vocab.size = 40\n", "test"));
  const std::shared_ptr<const Tokenizer> tokenizer = trainer->train(*genomes_, {});
  const std::array<double, 4> composition{0.4, 0.15, 0.2, 0.25};
  std::array<double, 4> first{};
  for (int32_t id = 0; id < tokenizer->vocab_size(); ++id) {
    const BasesView spelling = tokenizer->spelling(id);
    double p = 1;
    for (const Base base : spelling) p *= composition[base];
    if (!spelling.empty()) first[spelling[0]] += p;
  }
  const double total = first[0] + first[1] + first[2] + first[3];
  const std::vector<HiddenWindow> windows =
      hidden_windows(WindowPlan(genomes_, windows_), options_);
  CompositionModel model(*tokenizer, composition);
  const BaseNll nll = model_base_nll(model, tokenizer, windows, torch::kCPU, false, 4);
  EXPECT_EQ(nll.uncovered, 0);
  size_t next = 0;
  for (const HiddenWindow& window : windows) {
    for (size_t i = 0; i < window.bases.size(); ++i) {
      if (window.spans[i] == 0) continue;
      EXPECT_NEAR(nll.spans.at(next++), -std::log2(first[window.bases[i]] / total), 1e-4);
    }
  }
  EXPECT_EQ(next, nll.spans.size());
}

// Knows the base to the left, unless that is hidden.
class LeftNeighbour : public SequenceModel {
 public:
  std::array<double, 4> predict(BasesView bases, const std::vector<uint8_t>& hidden,
                                int64_t position) const override {
    std::array<double, 4> p{0.1, 0.1, 0.1, 0.1};
    const auto left = static_cast<size_t>(position - 1);
    if (hidden[left] != 0) return {0.25, 0.25, 0.25, 0.25};
    p[bases[left]] = 0.7;
    return p;
  }
};

TEST(BaseNll, SequenceModelsAreScoredOnTheSameBases) {
  const std::vector<HiddenWindow> windows = some_windows();
  const BaseNll one = sequence_base_nll(LeftNeighbour(), windows, 1);
  const BaseNll two = sequence_base_nll(LeftNeighbour(), windows, 2);
  EXPECT_EQ(one.isolated, two.isolated);
  EXPECT_EQ(one.spans, two.spans);
  ASSERT_EQ(one.isolated.size(), 9U);
  ASSERT_EQ(one.spans.size(), 33U);
  const HiddenWindow& first = windows[0];
  const double expected = first.bases[19] == first.bases[20] ? 0.7 : 0.1;
  EXPECT_NEAR(one.isolated[0], -std::log2(expected), 1e-6);
  EXPECT_NEAR(one.spans[1], 2.0, 1e-6);
}

}  // namespace
}  // namespace lexome
