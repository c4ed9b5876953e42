// Order-5 chains from 6-mer energies. A chain given by random conditional probabilities would
// favour one strand; one given by strand-symmetric energies cannot. The transfer matrix turns
// energies into the exact conditional probabilities (Perron-Frobenius), and the two energies that
// set GC content and CpG depletion are found by fixed-point iteration.
#include "genome/simulator_background.h"

#include <algorithm>
#include <cmath>

#include "lexome/error.h"

namespace lexome::sim {

// Five families and their shares after Costantini, Clay, Auletta and Bernardi 2006; gene densities
// rise several-fold towards the GC-rich end (Mouchiroud et al. 1991), here damped so that every
// class holds genes even in a small genome.
const std::array<Isochore, kIsochores> kIsochoreClasses = {{{"L1", 0.36, 0.19, 0.6},
                                                            {"L2", 0.405, 0.37, 0.8},
                                                            {"H1", 0.45, 0.31, 1.2},
                                                            {"H2", 0.495, 0.10, 1.8},
                                                            {"H3", 0.54, 0.03, 2.5}}};

namespace {

constexpr uint64_t kEnergyStream = 1;
// TpG and CpA are what CpG decays to, so they are in excess wherever CpG is rare.
const double kDecayedCpg = std::log(1.25);

int reverse_complement_6mer(int code) {
  int out = 0;
  for (int i = 0; i < 6; ++i, code >>= 2) out = (out << 2) | (3 - (code & 3));
  return out;
}

bool is_gc(int base) { return base == kC || base == kG; }

}  // namespace

std::array<double, 4096> symmetric_energies(uint64_t seed, double spread) {
  std::array<double, 4096> energies{};
  Random random(seed, Purpose::kSimulate, kEnergyStream);
  for (int code = 0; code < 4096; ++code) {
    const int mate = reverse_complement_6mer(code);
    energies[code] = mate < code ? energies[mate] : spread * random.normal();
  }
  return energies;
}

MarkovTable::MarkovTable(const std::array<double, 4096>& energies, double gc, double cpg) {
  right_.fill(1.0);
  double gc_energy = std::log(gc / (1 - gc)), cpg_energy = std::log(cpg);
  std::array<double, 4096> weight;
  for (int round = 0; round < 200; ++round) {
    for (int code = 0; code < 4096; ++code) {
      const int last = code & 3, before = (code >> 2) & 3;
      double energy = energies[code];
      if (is_gc(last)) energy += gc_energy;
      if (before == kC && last == kG) energy += cpg_energy;
      if (cpg < 0.5 && ((before == kT && last == kG) || (before == kC && last == kA)))
        energy += kDecayedCpg;
      weight[code] = std::exp(energy);
    }
    solve(weight);
    if (std::abs(gc_ - gc) < 1e-6 && std::abs(cpg_ - cpg) < 1e-5) break;
    if (round == 199) throw InternalError("the background chain does not reach its GC content");
    gc_energy += 0.7 * (std::log(gc / (1 - gc)) - std::log(gc_ / (1 - gc_)));
    cpg_energy += 0.7 * (std::log(cpg) - std::log(cpg_));
  }

  for (int context = 0; context < kContext; ++context) {
    double below = 0;
    for (int b = 0; b < 3; ++b) {
      below += std::exp(log_p_[context * 4 + b]);
      thresholds_[context][b] = static_cast<uint32_t>(std::min(below * 4294967296.0, 4294967295.0));
    }
  }
  double below = 0;
  for (int context = 0; context < kContext; ++context) {
    below += stationary_[context];
    cumulative_[context] = below;
  }
  for (int n = 0; n <= 5; ++n) {
    std::vector<double> prefix(size_t{1} << (2 * n), 0.0);
    for (int context = 0; context < kContext; ++context)
      prefix[context >> (2 * (5 - n))] += stationary_[context];
    for (double& p : prefix) p = std::log(p);
    log_prefix_[n] = std::move(prefix);
  }
}

// Power iteration for both Perron vectors of the 1024 x 1024 transfer matrix (four entries a row).
// `right_` is kept between calls as a warm start.
void MarkovTable::solve(const std::array<double, 4096>& weight) {
  std::array<double, kContext> next, left;
  double lambda = 1;
  for (int round = 0; round < 400; ++round) {
    double total = 0, change = 0;
    for (int s = 0; s < kContext; ++s) {
      double sum = 0;
      for (int b = 0; b < 4; ++b) sum += weight[s * 4 + b] * right_[(s * 4 + b) & (kContext - 1)];
      next[s] = sum;
      total += sum;
    }
    lambda = total / kContext;
    for (int s = 0; s < kContext; ++s) {
      change = std::max(change, std::abs(next[s] / lambda - right_[s]));
      right_[s] = next[s] / lambda;
    }
    if (change < 1e-12) break;
  }
  for (int s = 0; s < kContext; ++s) {
    double sum = 0;
    for (int b = 0; b < 4; ++b) sum += weight[s * 4 + b] * right_[(s * 4 + b) & (kContext - 1)];
    for (int b = 0; b < 4; ++b)
      log_p_[s * 4 + b] = std::log(weight[s * 4 + b] * right_[(s * 4 + b) & (kContext - 1)] / sum);
  }
  std::array<double, 4096> p;
  for (int code = 0; code < 4096; ++code) p[code] = std::exp(log_p_[code]);
  if (gc_ == 0) stationary_.fill(1.0 / kContext);
  for (int round = 0; round < 400; ++round) {
    left.fill(0.0);
    for (int code = 0; code < 4096; ++code)
      left[code & (kContext - 1)] += stationary_[code >> 2] * p[code];
    double change = 0;
    for (int s = 0; s < kContext; ++s)
      change = std::max(change, std::abs(left[s] - stationary_[s]));
    stationary_ = left;
    if (change < 1e-14) break;
  }
  double c = 0, g = 0, cg = 0;
  for (int s = 0; s < kContext; ++s) {
    const int last = s & 3, before = (s >> 2) & 3;
    if (last == kC) c += stationary_[s];
    if (last == kG) g += stationary_[s];
    if (before == kC && last == kG) cg += stationary_[s];
  }
  gc_ = c + g;
  cpg_ = cg / (c * g);
}

void MarkovTable::fill(Random* random, int64_t count, Bases* out) const {
  if (count <= 0) return;
  const size_t begin = out->size();
  out->resize(begin + static_cast<size_t>(count));
  Base* data = out->data();
  size_t i = begin;
  const size_t end = out->size();
  uint32_t context = 0;
  if (begin >= 5) {
    for (size_t j = begin - 5; j < begin; ++j) context = (context << 2) | data[j];
  } else {
    const auto found =
        std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, random->uniform());
    context = static_cast<uint32_t>(found - cumulative_.begin());
    for (int j = 4; j >= 0 && i < end; --j) data[i++] = static_cast<Base>((context >> (2 * j)) & 3);
  }
  for (; i < end; ++i) {
    const uint32_t u = random->next();
    const auto& t = thresholds_[context];
    const uint32_t base = static_cast<uint32_t>(u >= t[0]) + (u >= t[1]) + (u >= t[2]);
    data[i] = static_cast<Base>(base);
    context = ((context << 2) | base) & (kContext - 1);
  }
}

void MarkovTable::log_likelihoods(BasesView bases, double* out) const {
  uint32_t context = 0;
  for (size_t i = 0; i < bases.size(); ++i) {
    const uint32_t longer = (context << 2) | bases[i];
    if (i < 5) {
      out[i] = log_prefix_[i + 1][longer] - log_prefix_[i][context];
      context = longer;
    } else {
      out[i] = log_p_[longer];
      context = longer & (kContext - 1);
    }
  }
}

}  // namespace lexome::sim
