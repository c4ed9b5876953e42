// The background of a simulated genome: order-5 Markov chains with a wanted GC content and CpG
// depletion that treat both strands alike. Bases are 0-3; nothing here ever makes an N.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "lexome/bases.h"

namespace lexome::sim {

inline constexpr int kIsochores = 5;
inline constexpr int kIslandTable = kIsochores;  // index of the CpG island's chain
inline constexpr int kTables = kIsochores + 1;
inline constexpr int kContext = 1024;  // 4^5 five-base contexts

// The five families of isochores, GC-poor to GC-rich: GC content, share of the genome, and how
// densely genes stand relative to the genome's mean.
struct Isochore {
  const char* name;
  double gc, share, gene_density;
};
extern const std::array<Isochore, kIsochores> kIsochoreClasses;
inline constexpr double kIslandGc = 0.66, kIslandCpg = 0.80, kBackgroundCpg = 0.20;

// A random energy for each 6-mer, equal for a 6-mer and its reverse complement.
std::array<double, 4096> symmetric_energies(uint64_t seed, double spread);

// A stationary order-5 chain. It is the Gibbs measure of 6-mer energies, so that P(sequence) =
// P(reverse complement); two further energies, for GC bases and for CpG, are solved for.
class MarkovTable {
 public:
  MarkovTable(const std::array<double, 4096>& energies, double gc, double cpg);

  // Appends `count` bases; the last five bases of `out` are the context, and the stationary
  // distribution where there are fewer.
  void fill(Random* random, int64_t count, Bases* out) const;
  // log P of each base given up to five bases before it: the first ones from the stationary
  // distribution, so that the sum is the log-likelihood of the whole.
  void log_likelihoods(BasesView bases, double* out) const;
  double gc() const { return gc_; }    // exact, of the stationary chain
  double cpg() const { return cpg_; }  // observed over expected, exact

 private:
  void solve(const std::array<double, 4096>& weight);
  std::array<double, 4096> log_p_{};
  std::array<std::array<uint32_t, 3>, kContext> thresholds_{};
  std::array<double, kContext> stationary_{}, cumulative_{}, right_;
  std::array<std::vector<double>, 6> log_prefix_;  // log P of the first n bases
  double gc_ = 0, cpg_ = 0;
};

}  // namespace lexome::sim
