// The parts a simulated genome is made of, against mathematics: chains are strand-symmetric and sum
// to one, matrices turn over, codons keep the frame, the frameless twin has the same 3-mers.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "genome/simulator_background.h"
#include "genome/simulator_codons.h"
#include "genome/simulator_grammar.h"
#include "genome/simulator_motifs.h"
#include "genome/simulator_oracle.h"

namespace lexome::sim {
namespace {

Bases word(int code, int length) {
  Bases bases(static_cast<size_t>(length));
  for (int i = length - 1; i >= 0; --i, code >>= 2) bases[i] = static_cast<Base>(code & 3);
  return bases;
}

double log_likelihood(const MarkovTable& table, const Bases& bases) {
  std::vector<double> each(bases.size());
  table.log_likelihoods(bases, each.data());
  return std::accumulate(each.begin(), each.end(), 0.0);
}

double cpg_ratio(const Bases& bases) {
  double c = 0, g = 0, cg = 0;
  for (size_t i = 0; i < bases.size(); ++i) {
    c += bases[i] == kC;
    g += bases[i] == kG;
    if (i > 0) cg += bases[i - 1] == kC && bases[i] == kG;
  }
  return cg * static_cast<double>(bases.size()) / (c * g);
}

double gc_share(const Bases& bases) {
  double gc = 0;
  for (Base b : bases) gc += b == kC || b == kG;
  return gc / static_cast<double>(bases.size());
}

TEST(SimulatorBackground, ReachesEveryIsochoresGcAndCpg) {
  const auto energies = symmetric_energies(1, 0.22);
  for (const Isochore& isochore : kIsochoreClasses) {
    const MarkovTable table(energies, isochore.gc, kBackgroundCpg);
    EXPECT_NEAR(table.gc(), isochore.gc, 1e-5);
    EXPECT_NEAR(table.cpg(), kBackgroundCpg, 1e-4);
    Random random(7, Purpose::kTest);
    Bases bases;
    table.fill(&random, 1'000'000, &bases);
    EXPECT_NEAR(gc_share(bases), isochore.gc, 0.004) << isochore.name;
    EXPECT_NEAR(cpg_ratio(bases), kBackgroundCpg, 0.015) << isochore.name;
  }
  const MarkovTable island(energies, kIslandGc, kIslandCpg);
  EXPECT_NEAR(island.gc(), kIslandGc, 1e-5);
  EXPECT_GT(island.cpg(), 0.65);
}

TEST(SimulatorBackground, BothStrandsAreEquallyLikely) {
  const MarkovTable table(symmetric_energies(3, 0.22), 0.41, 0.2);
  Random random(5, Purpose::kTest);
  for (int i = 0; i < 200; ++i) {
    Bases bases;
    table.fill(&random, 5 + static_cast<int64_t>(random.below(60)), &bases);
    EXPECT_NEAR(log_likelihood(table, bases), log_likelihood(table, reverse_complement(bases)),
                1e-7);
  }
}

TEST(SimulatorBackground, LikelihoodsSumToOneAndFrequenciesAgree) {
  const MarkovTable table(symmetric_energies(3, 0.22), 0.45, 0.2);
  for (int length : {1, 3, 5, 7}) {
    double total = 0;
    for (int code = 0; code < 1 << (2 * length); ++code)
      total += std::exp(log_likelihood(table, word(code, length)));
    EXPECT_NEAR(total, 1.0, 1e-9) << length;
  }
  Random random(11, Purpose::kTest);
  Bases bases;
  table.fill(&random, 4'000'000, &bases);
  std::vector<double> count(4096, 0.0);
  int code = 0;
  for (size_t i = 0; i < bases.size(); ++i) {
    code = ((code << 2) | bases[i]) & 4095;
    if (i >= 5) count[code] += 1;
  }
  for (int six = 0; six < 4096; ++six) {
    const double expected =
        std::exp(log_likelihood(table, word(six, 6))) * static_cast<double>(bases.size() - 5);
    EXPECT_NEAR(count[six], expected, 8 * std::sqrt(expected) + 8) << six;
  }
}

TEST(SimulatorMotifs, RowsAreProbabilitiesAndTurnOver) {
  const Motifs& m = motifs();
  Random random(2, Purpose::kTest);
  for (const Pwm* motif : {&m.tata, &m.initiator, &m.gc_box, &m.caat_box, &m.donor, &m.branch,
                           &m.tract, &m.acceptor, &m.pair_a, &m.pair_b}) {
    for (const Row& row : motif->rows())
      EXPECT_NEAR(row[0] + row[1] + row[2] + row[3], 1.0, 1e-9) << motif->name();
    const Pwm turned = motif->reversed();
    for (int i = 0; i < 50; ++i) {
      Bases bases;
      motif->sample(&random, &bases);
      EXPECT_TRUE(std::isfinite(motif->log_p(bases)));
      EXPECT_NEAR(motif->log_p(bases), turned.log_p(reverse_complement(bases)), 1e-12);
    }
  }
}

TEST(SimulatorCodons, NeverAStopAndBentByTheMatrix) {
  const CodonModel codons(0.45);
  const auto& donor = motifs().donor.rows();
  Random random(4, Purpose::kTest);
  double g_last = 0;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    Bases codon;
    codons.sample(&random, {&donor[0], &donor[1], &donor[2]}, &codon);
    EXPECT_FALSE(is_stop(codon[0] * 16 + codon[1] * 4 + codon[2]));
    g_last += codon[2] == kG;
  }
  EXPECT_NEAR(g_last / kDraws, donor[2][kG], 0.05);
}

TEST(SimulatorCodons, LikelihoodsSumToOneInEveryFrame) {
  const CodonModel codons(0.5);
  const auto& rows = motifs().donor.rows();
  const Row* first = &motifs().acceptor.rows()[4];
  const std::vector<std::vector<CodonModel::Governed>> cases = {
      {},
      {{2, &rows[0]}, {3, &rows[1]}, {4, &rows[2]}, {5, first}},
      {{-2, &rows[1]}, {-1, &rows[2]}, {0, first}}};
  for (int phase = 0; phase < 3; ++phase)
    for (const auto& governed : cases) {
      double total = 0;
      for (int code = 0; code < 1024; ++code)
        total += std::exp(codons.log_likelihood(word(code, 5), phase, governed));
      EXPECT_NEAR(total, 1.0, 1e-9);
    }
}

TEST(SimulatorCodons, FramelessTwinHasTheSameTrinucleotides) {
  const CodonModel codons(0.54);
  Random random(9, Purpose::kTest);
  Bases framed, frameless;
  while (framed.size() < 1'500'000) codons.sample(&random, &framed);
  codons.fill_frameless(&random, 1'500'000, &frameless);
  std::vector<double> difference(64, 0.0);
  for (const auto* bases : {&framed, &frameless})
    for (size_t i = 2; i < bases->size(); ++i)
      difference[(*bases)[i - 2] * 16 + (*bases)[i - 1] * 4 + (*bases)[i]] +=
          bases == &framed ? 1.0 : -1.0;
  for (int tri = 0; tri < 64; ++tri) EXPECT_NEAR(difference[tri] / 1.5e6, 0.0, 0.001) << tri;
  double total = 0;
  for (int code = 0; code < 1024; ++code)
    total += std::exp(codons.frameless_log_likelihood(word(code, 5)));
  EXPECT_NEAR(total, 1.0, 1e-9);
}

TEST(SimulatorGrammar, PairPriorsAddUp) {
  double right = 0, wrong = 0;
  for (const PairConfiguration& c : kPairConfigurations)
    (std::string(c.name) == "pair" ? right : wrong) += pair_prior(c);
  EXPECT_NEAR(right, 1.0, 1e-12);
  EXPECT_NEAR(wrong, 1.0, 1e-12);
  const Grammar grammar(SimulateOptions{}, 1);
  for (int gap : grammar.pair_gaps(true))
    for (int true_gap : grammar.pair_gaps(false)) EXPECT_GE(std::abs(gap - true_gap), 4);
}

TEST(SimulatorRepeats, CopiesDivergeAsTheyAreOldAndSparedBasesStay) {
  SimulateOptions options;
  options.divergence = 0.2;
  options.constraint = 0.25;
  const MarkovTable table(symmetric_energies(3, 0.22), 0.45, 0.2);
  Random random(12, Purpose::kTest);
  Piece contig;
  table.fill(&random, 400'000, &contig.bases);
  contig.functional.push_back({0, contig.size()});
  contig.masked.push_back({1000, 2000});
  const std::string letters = soft_masked_letters(contig);
  const std::string copy = mutated_copy(contig, options, &random);
  ASSERT_EQ(copy.size(), letters.size());  // no indels where everything is functional
  double changed = 0, transitions = 0;
  for (size_t i = 0; i < copy.size(); ++i) {
    EXPECT_EQ(std::islower(copy[i]) != 0, i >= 1000 && i < 2000);
    if (copy[i] == letters[i]) continue;
    ++changed;
    const std::string both = {static_cast<char>(std::toupper(copy[i])),
                              static_cast<char>(std::toupper(letters[i]))};
    transitions += both == "AG" || both == "GA" || both == "CT" || both == "TC";
  }
  EXPECT_NEAR(changed / static_cast<double>(copy.size()), 0.05, 0.002);
  EXPECT_NEAR(transitions / changed, 2.0 / 3, 0.02);

  contig.functional.clear();
  const std::string neutral = mutated_copy(contig, options, &random);
  EXPECT_NE(neutral.size(), letters.size());
  EXPECT_NEAR(static_cast<double>(neutral.size()), static_cast<double>(letters.size()), 2000);
}

TEST(SimulatorOracle, AreaUnderTheCurveAgreesWithPairCounting) {
  Random random(8, Purpose::kTest);
  std::vector<double> scores;
  std::vector<int> positive;
  for (int i = 0; i < 300; ++i) {
    scores.push_back(static_cast<double>(random.below(40)));
    positive.push_back(random.chance(0.3 + scores.back() / 100) ? 1 : 0);
  }
  double wins = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = 0; j < scores.size(); ++j)
      if (positive[i] == 1 && positive[j] == 0) {
        ++pairs;
        wins += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
      }
  EXPECT_NEAR(auroc(scores, positive), wins / pairs, 1e-12);
  EXPECT_EQ(auroc({1, 2}, {1, 1}), 0.5);
}

}  // namespace
}  // namespace lexome::sim
