// Count models against brute force, against the entropy of a source that is known, and the promise
// that hidden bases are never read.
#include "data/sequence_models.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "lexome/error.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

using test::open_genomes;
using test::random_letters;
using test::ToyFolder;

WindowPlan plan_of(const std::vector<std::string>& specs, const std::string& strand) {
  WindowOptions options;
  options.length = 50;
  options.holdout_share = 0.0;
  options.strand = strand;
  return WindowPlan(open_genomes(specs), options);
}

// An order-2 source: the next base copies the base two before with probability 0.7.
std::string order2_letters(size_t count, uint64_t seed) {
  Random random(seed, Purpose::kTest);
  std::string letters = "AC";
  while (letters.size() < count) {
    letters += random.chance(0.6) ? letters[letters.size() - 2] : "ACGT"[random.below(4)];
  }
  return letters;
}

double bits(const SequenceModel& model, const Bases& bases, int64_t every) {
  double sum = 0, count = 0;
  for (int64_t at = 10; at < static_cast<int64_t>(bases.size()) - 10; at += every) {
    std::vector<uint8_t> hidden(bases.size(), 0);
    hidden[static_cast<size_t>(at)] = 1;
    sum -= std::log2(model.predict(bases, hidden, at)[bases[static_cast<size_t>(at)]]);
    count += 1;
  }
  return sum / count;
}

TEST(SequenceModels, ReachTheEntropyOfAKnownSource) {
  const ToyFolder folder;
  const WindowPlan plan =
      plan_of({folder.genome("a.2bit", {{"one", order2_letters(400000, 1)}})}, "+");
  const Bases fresh = bases_from(order2_letters(40000, 2));
  // Each base is the one two before with probability 0.7, another one with 0.1 each.
  const double entropy = -(0.7 * std::log2(0.7) + 0.3 * std::log2(0.1));
  EXPECT_NEAR(bits(*train_markov(plan, 2, 1), fresh, 3), entropy, 0.03);
  EXPECT_NEAR(bits(*train_markov(plan, 5, 1), fresh, 3), entropy, 0.04);
  // One base before is not enough: the source is uniform given it.
  EXPECT_NEAR(bits(*train_markov(plan, 1, 1), fresh, 3), 2.0, 0.03);
  // Both sides know more: a base is fixed by its two neighbours at distance two. P(b | x, y) is
  // proportional to t(x, b) t(b, y) with t = 0.7 or 0.1.
  const double same = 0.49 + 3 * 0.01, other = 2 * 0.07 + 2 * 0.01;
  const double two_sided = same * std::log2(same) + 3 * other * std::log2(other) -
                           (0.49 * std::log2(0.49) + 3 * 0.01 * std::log2(0.01)) -
                           3 * (2 * 0.07 * std::log2(0.07) + 2 * 0.01 * std::log2(0.01));
  EXPECT_NEAR(bits(*train_two_sided(plan, 2, 1), fresh, 3), two_sided, 0.03);
  EXPECT_NEAR(bits(*train_two_sided(plan, 5, 1), fresh, 3), two_sided, 0.12);
}

TEST(SequenceModels, UniformSequenceCostsTwoBits) {
  const ToyFolder folder;
  const WindowPlan plan =
      plan_of({folder.genome("a.2bit", {{"one", random_letters(200000, 1)}})}, "both");
  const Bases fresh = bases_from(random_letters(20000, 2));
  // Smoothing must not pretend to know: leave-one-out finds that the long contexts say nothing.
  EXPECT_NEAR(bits(*train_two_sided(plan, 5, 1), fresh, 2), 2.0, 0.01);
  EXPECT_NEAR(bits(*train_markov(plan, 5, 1), fresh, 2), 2.0, 0.01);
}

TEST(SequenceModels, HiddenBasesAndNAreNeverRead) {
  const ToyFolder folder;
  const WindowPlan plan =
      plan_of({folder.genome("a.2bit", {{"one", order2_letters(20000, 1)}})}, "both");
  const auto markov = train_markov(plan, 5, 1);
  const auto both = train_two_sided(plan, 5, 1);
  Random random(3, Purpose::kTest);
  for (int round = 0; round < 200; ++round) {
    Bases bases = bases_from(order2_letters(40, static_cast<uint64_t>(round)));
    std::vector<uint8_t> hidden(40, 0);
    for (uint8_t& flag : hidden) flag = random.chance(0.3);
    const auto position = static_cast<int64_t>(random.below(40));
    hidden[static_cast<size_t>(position)] = 1;
    const auto p = both->predict(bases, hidden, position);
    const auto q = markov->predict(bases, hidden, position);
    EXPECT_NEAR(p[0] + p[1] + p[2] + p[3], 1.0, 1e-12);
    EXPECT_NEAR(q[0] + q[1] + q[2] + q[3], 1.0, 1e-12);
    for (size_t b = 0; b < 40; ++b) {
      if (hidden[b] != 0) bases[b] = static_cast<Base>(random.below(5));
    }
    EXPECT_EQ(p, both->predict(bases, hidden, position));
    EXPECT_EQ(q, markov->predict(bases, hidden, position));
    // A visible N says no more than a hidden base.
    for (size_t b = 0; b < 40; ++b) {
      if (hidden[b] != 0) bases[b] = kN;
    }
    std::vector<uint8_t> only(40, 0);
    only[static_cast<size_t>(position)] = 1;
    EXPECT_EQ(p, both->predict(bases, only, position));
  }
}

TEST(SequenceModels, FrequenciesComeFromCounts) {
  const ToyFolder folder;
  // AAAC over and over: after AA comes A or C equally often, after CA always A.
  std::string letters;
  for (int i = 0; i < 5000; ++i) letters += "AAAC";
  const WindowPlan plan = plan_of({folder.genome("a.2bit", {{"one", letters}})}, "+");
  const auto model = train_markov(plan, 2, 1);
  const std::vector<uint8_t> hidden = {0, 0, 1};
  const auto after_aa = model->predict(bases_from("AAN"), hidden, 2);
  EXPECT_NEAR(after_aa[kA], 0.5, 1e-3);
  EXPECT_NEAR(after_aa[kC], 0.5, 1e-3);
  EXPECT_GT(model->predict(bases_from("CAN"), hidden, 2)[kA], 0.999);
  // Order 1 after hiding the farther base: A is followed by A twice and by C once.
  const auto backed_off = model->predict(bases_from("NAN"), hidden, 2);
  EXPECT_NEAR(backed_off[kA], 2.0 / 3, 1e-3);
}

TEST(SequenceModels, BothStrandsAreAlike) {
  const ToyFolder folder;
  const WindowPlan plan =
      plan_of({folder.genome("a.2bit", {{"one", order2_letters(30000, 1)}})}, "both");
  const auto model = train_two_sided(plan, 3, 1);
  const Bases bases = bases_from(order2_letters(60, 9));
  const Bases other = reverse_complement(bases);
  for (int64_t at = 0; at < 60; ++at) {
    std::vector<uint8_t> hidden(60, 0), mirrored(60, 0);
    hidden[static_cast<size_t>(at)] = 1;
    mirrored[static_cast<size_t>(59 - at)] = 1;
    const auto p = model->predict(bases, hidden, at);
    const auto q = model->predict(other, mirrored, 59 - at);
    // Near the ends the context has two unequal sides; there the order of dropping may differ.
    if (at < 3 || at > 56) continue;
    for (size_t b = 0; b < 4; ++b) EXPECT_NEAR(p[b], q[3 - b], 1e-12) << at;
  }
}

TEST(SequenceModels, ThreadsAndWeightsAsAsked) {
  const ToyFolder folder;
  const std::string a = folder.genome("a.2bit", {{"one", std::string(30000, 'A')}});
  const std::string b = folder.genome("b.2bit", {{"one", std::string(30000, 'C')}});
  const WindowPlan plan = plan_of({a + ",weight=0.25", b}, "+");
  const auto one = train_markov(plan, 3, 1), three = train_markov(plan, 3, 3);
  const std::vector<uint8_t> hidden = {1};
  const auto p = one->predict(bases_from("N"), hidden, 0);
  EXPECT_NEAR(p[kA], 0.2, 0.01);
  EXPECT_NEAR(p[kC], 0.8, 0.01);
  EXPECT_EQ(p, three->predict(bases_from("N"), hidden, 0));
  EXPECT_THROW(train_two_sided(plan, 7, 1), ConfigError);
}

}  // namespace
}  // namespace lexome
