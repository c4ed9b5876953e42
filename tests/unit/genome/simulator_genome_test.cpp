// What a simulated genome measures to: every number of the grammar, read back from the FASTA and
// the truth as a stranger would.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "genome/simulator_grammar.h"
#include "simulated_genome.h"

namespace lexome_test {
namespace {

// Four standard deviations of a share of n.
double slack(double share, size_t n) {
  return 4 * std::sqrt(share * (1 - share) / static_cast<double>(n));
}

struct Composition {
  double bases = 0, c = 0, g = 0, cg = 0;
  void add(char before, char base) {
    ++bases;
    c += base == 'C';
    g += base == 'G';
    cg += before == 'C' && base == 'G';
  }
  double gc() const { return (c + g) / bases; }
  double cpg() const { return cg * bases / (c * g); }
};

TEST(SimulatedGenome, SizesAndTruthAgreeWithTheSummary) {
  const SimulatedGenome& g = simulated_genome();
  int64_t total = 0;
  for (const auto& [name, letters] : g.contigs) total += static_cast<int64_t>(letters.size());
  EXPECT_EQ(total, g.options.size);
  EXPECT_EQ(static_cast<int64_t>(g.contigs.size()), g.options.contigs);
  EXPECT_EQ(static_cast<int64_t>(g.with_prefix("gene:").size()), g.summary.genes);
  EXPECT_GT(g.summary.genes, 350);
  for (const BedLine& mark : g.truth) {
    ASSERT_LT(mark.start, mark.end) << mark.name;
    ASSERT_LE(mark.end, static_cast<int64_t>(g.contigs.at(mark.contig).size())) << mark.name;
  }
}

TEST(SimulatedGenome, BackgroundKeepsItsIsochoresGcAndLacksCpg) {
  const SimulatedGenome& g = simulated_genome();
  std::map<std::string, std::vector<char>> covered;
  for (const auto& [name, letters] : g.contigs) covered[name].assign(letters.size(), 0);
  for (const BedLine& mark : g.truth)
    if (mark.name.rfind("isochore", 0) != 0)
      for (int64_t i = mark.start; i < mark.end; ++i) covered[mark.contig][i] = 1;
  std::map<std::string, Composition> classes;
  for (const BedLine& mark : g.with_prefix("isochore:")) {
    const std::string& letters = g.contigs.at(mark.contig);
    for (int64_t i = mark.start + 1; i < mark.end; ++i)
      if (!covered[mark.contig][i] && !covered[mark.contig][i - 1])
        classes[mark.name].add(letters[i - 1], letters[i]);
  }
  EXPECT_GE(classes.size(), 4u);
  for (const lexome::sim::Isochore& isochore : lexome::sim::kIsochoreClasses) {
    const auto found = classes.find(std::string("isochore:") + isochore.name);
    if (found == classes.end() || found->second.bases < 20'000) continue;
    EXPECT_NEAR(found->second.gc(), isochore.gc, 0.012) << isochore.name;
    EXPECT_NEAR(found->second.cpg(), 0.20, 0.05) << isochore.name;
  }
}

TEST(SimulatedGenome, IslandsStandAtPromotersAndKeepCpg) {
  const SimulatedGenome& g = simulated_genome();
  const auto islands = g.named("island");
  const auto starts = g.named("tss");
  Composition inside;
  for (const BedLine& island : islands) {
    EXPECT_GE(island.end - island.start, 300);
    EXPECT_LE(island.end - island.start, 2000);
    const std::string& letters = g.contigs.at(island.contig);
    for (int64_t i = island.start + 1; i < island.end; ++i) inside.add(letters[i - 1], letters[i]);
  }
  EXPECT_GT(inside.cpg(), 0.65);
  EXPECT_GT(inside.gc(), 0.55);
  // Promoters with an island, broken ones aside.
  double with_island = 0;
  for (const BedLine& tss : starts)
    with_island += std::any_of(islands.begin(), islands.end(), [&](const BedLine& island) {
      return island.contig == tss.contig && island.start <= tss.start && tss.end <= island.end;
    });
  const double share = with_island / static_cast<double>(starts.size());
  EXPECT_NEAR(share, 0.65, slack(0.65, starts.size()));
}

TEST(SimulatedGenome, PromoterElementsStandWhereTheyShould) {
  const SimulatedGenome& g = simulated_genome();
  const auto starts = g.named("tss");
  struct Element {
    const char* name;
    double share;
    int64_t low, high;  // positions relative to +1 of first and last base; there is no position 0
  };
  const Element elements[] = {{"tata", 0.125, -31, -19},
                              {"inr", 0.40, -2, 5},
                              {"gcbox", 0.50, -110, -40},
                              {"caat", 0.30, -100, -60}};
  for (const Element& element : elements) {
    double found = 0;
    for (const BedLine& tss : starts)
      for (const BedLine& mark : g.named(element.name)) {
        if (mark.contig != tss.contig || std::abs(mark.start - tss.start) > 150) continue;
        const int64_t first = tss.strand == '+' ? mark.start - tss.start : tss.end - mark.end;
        const int64_t last = first + (mark.end - mark.start) - 1;
        const auto position = [](int64_t offset) { return offset < 0 ? offset : offset + 1; };
        EXPECT_GE(position(first), element.low) << element.name;
        EXPECT_LE(position(last), element.high) << element.name;
        if (element.name == std::string("tata")) {
          EXPECT_LE(position(first), -26);
        }
        if (element.name == std::string("inr")) {
          EXPECT_EQ(position(first), -2);
        }
        ++found;
      }
    EXPECT_EQ(found, static_cast<double>(g.named(element.name).size())) << element.name;
    EXPECT_NEAR(found / static_cast<double>(starts.size()), element.share,
                slack(element.share, starts.size()))
        << element.name;
  }
}

TEST(SimulatedGenome, SpliceSitesFollowTheirMatrices) {
  const SimulatedGenome& g = simulated_genome();
  const auto donors = g.named("donor"), acceptors = g.named("acceptor");
  ASSERT_EQ(donors.size(), acceptors.size());
  ASSERT_GT(donors.size(), 1000u);
  const lexome::sim::Motifs& m = lexome::sim::motifs();
  const auto check = [&](const std::vector<BedLine>& sites, const lexome::sim::Pwm& motif) {
    std::vector<std::map<char, double>> counts(static_cast<size_t>(motif.width()));
    for (const BedLine& site : sites) {
      const std::string letters = g.letters(site);
      for (size_t i = 0; i < counts.size(); ++i) counts[i][letters[i]] += 1;
    }
    for (size_t i = 0; i < counts.size(); ++i)
      for (int b = 0; b < 4; ++b)
        EXPECT_NEAR(counts[i]["ACGT"[b]] / static_cast<double>(sites.size()), motif.rows()[i][b],
                    0.06)
            << motif.name() << " position " << i << " base "
            << "ACGT"[b];
    return counts;
  };
  const auto donor = check(donors, m.donor);
  check(acceptors, m.acceptor);
  check(g.named("branch"), m.branch);
  EXPECT_NEAR(donor[4].at('C') / static_cast<double>(donors.size()), 0.01,
              slack(0.01, donors.size()));
  std::set<int64_t> branch_distances, tracts;
  for (const BedLine& intron : g.named("intron")) {
    ASSERT_EQ(g.letters(intron).substr(g.letters(intron).size() - 2), "AG");
    const auto branch = g.inside(intron, "branch"), tract = g.inside(intron, "ppt");
    ASSERT_EQ(branch.size(), 1u);
    ASSERT_EQ(tract.size(), 1u);
    branch_distances.insert(intron.strand == '+' ? intron.end - (branch[0].start + 3)
                                                 : branch[0].end - 3 - intron.start);
    tracts.insert(tract[0].end - tract[0].start);
    EXPECT_EQ(intron.strand == '+' ? intron.end - tract[0].end : tract[0].start - intron.start, 4);
  }
  EXPECT_EQ(*branch_distances.begin(), 18);
  EXPECT_EQ(*branch_distances.rbegin(), 40);
  EXPECT_EQ(*tracts.begin(), 10);
  EXPECT_EQ(*tracts.rbegin(), 20);
}

TEST(SimulatedGenome, EveryGeneIsAnOpenReadingFrame) {
  const SimulatedGenome& g = simulated_genome();
  std::map<char, int> strands;
  std::map<std::string, int> phases;
  for (const BedLine& gene : g.with_prefix("gene:")) {
    ++strands[gene.strand];
    std::string coding;
    for (const BedLine& part : g.inside(gene, "cds:")) {
      EXPECT_EQ(part.name, "cds:" + std::to_string(coding.size() % 3));
      if (!coding.empty()) ++phases[part.name];
      coding += g.letters(part);
    }
    ASSERT_EQ(coding.size() % 3, 0u) << gene.name;
    ASSERT_EQ(coding.substr(0, 3), "ATG") << gene.name;
    for (size_t i = 0; i < coding.size(); i += 3) {
      const std::string codon = coding.substr(i, 3);
      const bool stop = codon == "TAA" || codon == "TAG" || codon == "TGA";
      ASSERT_EQ(stop, i + 3 == coding.size()) << gene.name << " codon " << i / 3;
    }
  }
  EXPECT_GT(strands['+'], 100);
  EXPECT_GT(strands['-'], 100);
  EXPECT_EQ(phases.size(), 3u);
  for (const auto& [name, count] : phases) EXPECT_GT(count, 200) << name;
}

TEST(SimulatedGenome, ExonsAndIntronsHaveTheirMedians) {
  const SimulatedGenome& g = simulated_genome();
  const auto median = [](std::vector<BedLine> marks) {
    std::vector<int64_t> lengths;
    for (const BedLine& mark : marks) lengths.push_back(mark.end - mark.start);
    std::nth_element(lengths.begin(), lengths.begin() + lengths.size() / 2, lengths.end());
    return static_cast<double>(lengths[lengths.size() / 2]);
  };
  EXPECT_NEAR(median(g.with_prefix("cds:")), 123, 8);
  EXPECT_NEAR(median(g.named("intron")), 155, 10);
}

TEST(SimulatedGenome, RepeatsCoverTheirShareAndDivergeAsStated) {
  const SimulatedGenome& g = simulated_genome();
  const lexome::sim::Grammar grammar(g.options, SimulatedGenome::kSeed);
  const lexome::sim::RepeatLibrary library(grammar, SimulatedGenome::kSeed);
  double bases = 0, stated = 0, measured = 0, compared = 0;
  double least = 1, most = 0;
  std::map<std::string, std::vector<char>> soft;
  for (const auto& [name, letters] : g.contigs) soft[name].assign(letters.size(), 0);
  for (const BedLine& mark : g.truth)
    if (mark.name.rfind("repeat:", 0) == 0 || mark.name.rfind("microsatellite:", 0) == 0)
      for (int64_t i = mark.start; i < mark.end; ++i) soft[mark.contig][i] = 1;
  for (const BedLine& mark : g.with_prefix("repeat:ALU")) {
    bases += static_cast<double>(mark.end - mark.start);
    const auto parts = cut(mark.name, ':');
    const std::string family =
        lexome::to_letters(library.consensus()[std::stoul(parts[1].substr(3)) - 1]);
    const size_t missing = std::stoul(parts[3]);
    const double divergence = std::stod(parts[2]);
    const std::string copy = g.letters(mark);
    double changed = 0;
    for (size_t i = missing; i < family.size(); ++i) changed += copy[i - missing] != family[i];
    const double n = static_cast<double>(family.size() - missing);
    stated += divergence * n;
    measured += changed;
    compared += n;
    least = std::min(least, divergence);
    most = std::max(most, divergence);
  }
  EXPECT_NEAR(bases / static_cast<double>(g.options.size), 0.10, 0.005);
  EXPECT_NEAR(measured / compared, stated / compared, 0.003);
  EXPECT_GE(least, 0.0195);
  EXPECT_LE(most, 0.2005);
  EXPECT_LT(least, 0.03);
  EXPECT_GT(most, 0.19);
  for (const auto& [name, letters] : g.contigs)
    for (size_t i = 0; i < letters.size(); ++i)
      ASSERT_EQ(std::islower(letters[i]) != 0, soft[name][i] != 0) << name << ":" << i + 1;
}

// Kolmogorov and Smirnov's distance between true sites and decoys, at the 0.1 % level.
TEST(SimulatedGenome, DecoysScoreLikeTrueSites) {
  const SimulatedGenome& g = simulated_genome();
  for (const std::string name :
       {"tata", "inr", "gcbox", "caat", "donor", "acceptor", "ebox", "gata"}) {
    std::vector<double> scores[2];
    for (const BedLine& mark : g.named(name)) scores[0].push_back(mark.score);
    for (const BedLine& mark : g.named("decoy:" + name)) scores[1].push_back(mark.score);
    for (auto& sorted : scores) std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(scores[0].size()), m = static_cast<double>(scores[1].size());
    ASSERT_GT(n, 30) << name;
    ASSERT_GE(m, 0.9 * n) << name;
    double distance = 0;
    for (double at : scores[0]) {
      const auto below = [&](const std::vector<double>& s) {
        return static_cast<double>(std::upper_bound(s.begin(), s.end(), at) - s.begin()) /
               static_cast<double>(s.size());
      };
      distance = std::max(distance, std::abs(below(scores[0]) - below(scores[1])));
    }
    EXPECT_LT(distance, 1.95 * std::sqrt((n + m) / (n * m))) << name;
  }
}

}  // namespace
}  // namespace lexome_test
