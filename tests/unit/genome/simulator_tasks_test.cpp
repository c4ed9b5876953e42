// The tasks of a simulated genome: rows stand where they say, splits share no contig, broken
// examples cannot be told by composition, and the oracle is a calibrated posterior that beats
// composition.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "genome/simulator_oracle.h"
#include "simulated_genome.h"

namespace lexome_test {
namespace {

const char* const kTasks[] = {"promoter", "splice", "coding", "pair"};
const char* const kSplits[] = {"train", "dev", "test"};

TEST(SimulatedTasks, RowsStandWhereTheySay) {
  const SimulatedGenome& g = simulated_genome();
  for (const char* task : kTasks)
    for (const char* split : kSplits)
      for (const CsvRow& row : g.rows(task, split))
        ASSERT_EQ(row.sequence, g.letters(row.contig, row.start, row.end, row.strand)) << task;
}

TEST(SimulatedTasks, SplitsShareNoContigAndClassesAreEven) {
  const SimulatedGenome& g = simulated_genome();
  std::map<std::string, std::string> split_of;
  for (const char* task : kTasks) {
    for (const char* split : kSplits) {
      std::map<std::string, int> labels;
      for (const CsvRow& row : g.rows(task, split)) {
        ++labels[row.label];
        const auto [known, fresh] = split_of.emplace(row.contig, split);
        EXPECT_EQ(known->second, split) << row.contig;
      }
      ASSERT_EQ(labels.size(), task == std::string("splice") ? 3u : 2u);
      for (const auto& [label, count] : labels) {
        EXPECT_EQ(count, labels.begin()->second) << task << " " << label;
        EXPECT_GT(count, 5) << task << " " << split;
      }
    }
  }
  const std::set<std::string> held_out(g.summary.held_out.begin(), g.summary.held_out.end());
  for (const auto& [contig, split] : split_of) {
    EXPECT_EQ(held_out.count(contig), split == "train" ? 0u : 1u) << contig;
    EXPECT_EQ(held_out.count("sp2_" + contig), split == "train" ? 0u : 1u) << contig;
  }
}

TEST(SimulatedTasks, PositivesAreTheTruth) {
  const SimulatedGenome& g = simulated_genome();
  std::set<std::string> starts, donors;
  for (const BedLine& mark : g.named("tss"))
    starts.insert(mark.contig + std::to_string(mark.start));
  for (const BedLine& mark : g.named("donor"))
    donors.insert(mark.contig + std::to_string(mark.start));
  for (const CsvRow& row : g.rows("promoter", "train")) {
    const int64_t tss = row.strand == '+' ? row.start + 250 : row.end - 251;
    EXPECT_EQ(starts.count(row.contig + std::to_string(tss)), row.label == "1" ? 1u : 0u);
  }
  for (const CsvRow& row : g.rows("splice", "train")) {
    const int64_t donor = row.strand == '+' ? row.start + 57 : row.end - 66;
    EXPECT_EQ(donors.count(row.contig + std::to_string(donor)), row.label == "donor" ? 1u : 0u);
  }
}

using Spectrum = std::vector<double>;

double distance(const Spectrum& a, const Spectrum& b) {
  double total_a = 0, total_b = 0, sum = 0;
  for (double x : a) total_a += x;
  for (double x : b) total_b += x;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] / total_a - b[i] / total_b);
  return sum / 2;
}

void count_words(const std::string& sequence, Spectrum* spectrum) {
  int code = 0;
  for (size_t i = 0; i < sequence.size(); ++i) {
    code = (code * 4 + static_cast<int>(std::string("ACGT").find(sequence[i]))) & 63;
    if (i >= 2) (*spectrum)[code] += 1;
  }
}

// Total variation between the classes' 3-mer spectra, against that between random halves.
TEST(SimulatedTasks, BrokenExamplesHaveTheSameThreeMers) {
  const SimulatedGenome& g = simulated_genome();
  for (const char* task : {"pair", "promoter"}) {
    const auto rows = g.rows(task, "train");
    Spectrum by_class[2] = {Spectrum(64, 0.0), Spectrum(64, 0.0)};
    for (const CsvRow& row : rows) count_words(row.sequence, &by_class[row.label == "1"]);
    double chance = 0;
    constexpr int kDraws = 20;
    for (int draw = 0; draw < kDraws; ++draw) {
      lexome::Random random(3, lexome::Purpose::kTest, draw);
      Spectrum halves[2] = {Spectrum(64, 0.0), Spectrum(64, 0.0)};
      for (const CsvRow& row : rows) count_words(row.sequence, &halves[random.below(2)]);
      chance = std::max(chance, distance(halves[0], halves[1]));
    }
    EXPECT_LT(distance(by_class[0], by_class[1]), 1.3 * chance) << task;
  }
}

double gc(const std::string& sequence) {
  return static_cast<double>(std::count_if(sequence.begin(), sequence.end(),
                                           [](char c) { return c == 'G' || c == 'C'; })) /
         static_cast<double>(sequence.size());
}

TEST(SimulatedTasks, OracleIsFarAboveComposition) {
  const SimulatedGenome& g = simulated_genome();
  for (const char* task : {"promoter", "coding", "pair"}) {
    std::vector<double> oracle, composition;
    std::vector<int> positive;
    for (const CsvRow& row : g.rows(task, "train")) {
      oracle.push_back(std::stod(row.oracle));
      composition.push_back(gc(row.sequence));
      positive.push_back(row.label == "1");
    }
    const double by_gc = lexome::sim::auroc(composition, positive);
    EXPECT_GT(lexome::sim::auroc(oracle, positive), std::max(by_gc, 1 - by_gc) + 0.25) << task;
  }
  double right = 0;
  const auto rows = g.rows("splice", "train");
  for (const CsvRow& row : rows) right += row.oracle == row.label;
  EXPECT_GT(right / static_cast<double>(rows.size()), 0.85);
}

// A posterior must mean what it says: where it gives p, a share p of rows is positive. This fails
// for any factor forgotten in a likelihood.
TEST(SimulatedTasks, OracleIsCalibrated) {
  const SimulatedGenome& g = simulated_genome();
  for (const char* task : {"promoter", "coding", "pair"}) {
    double expected_error = 0, error = 0, spread = 0;
    std::map<int, std::array<double, 3>> bins;  // n, sum of p, positives
    const auto rows = g.rows(task, "train");
    for (const CsvRow& row : rows) {
      const double p = 1 / (1 + std::exp(-std::stod(row.oracle)));
      const double y = row.label == "1";
      expected_error += p * (1 - p);
      error += (p - y) * (p - y);
      spread += p * (1 - p) * (1 - 2 * p) * (1 - 2 * p);
      auto& bin = bins[static_cast<int>(p * 9.999 / 2)];
      bin[0] += 1;
      bin[1] += p;
      bin[2] += y;
    }
    EXPECT_NEAR(error, expected_error, 4 * std::sqrt(spread)) << task;
    for (const auto& [index, bin] : bins)
      EXPECT_NEAR(bin[2] / bin[0], bin[1] / bin[0], 0.02 + 4 * std::sqrt(0.25 / bin[0]) * 0.7)
          << task << " bin " << index;
  }
}

TEST(SimulatedTasks, SpliceOracleIsCalibrated) {
  const SimulatedGenome& g = simulated_genome();
  std::ifstream in(g.folder / "sim/tasks/splice/train.csv");
  std::string line;
  std::getline(in, line);
  ASSERT_NE(line.find("oracle,oracle_donor,oracle_acceptor,oracle_neither"), std::string::npos);
  const std::string names[] = {"donor", "acceptor", "neither"};
  double expected[3] = {}, found[3] = {}, spread[3] = {};
  while (std::getline(in, line)) {
    const auto cells = cut(line, ',');
    for (int c = 0; c < 3; ++c) {
      const double p = std::stod(cells[7 + c]), y = cells[1] == names[c];
      expected[c] += p * (1 - p);
      found[c] += (p - y) * (p - y);
      spread[c] += p * (1 - p) * (1 - 2 * p) * (1 - 2 * p);
    }
  }
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(found[c], expected[c], 4 * std::sqrt(spread[c])) << names[c];
}

}  // namespace
}  // namespace lexome_test
