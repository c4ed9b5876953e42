// Codon usage after the Human row of the Codon Usage Database (Nakamura, Gojobori and Ikemura
// 2000), as counts in a thousand codons, rounded.
#include "genome/simulator_codons.h"

#include <algorithm>
#include <cmath>

namespace lexome::sim {
namespace {

// Index: 16 * first + 4 * second + third, bases in the order A, C, G, T.
constexpr double kUsage[64] = {
    24.4, 19.1, 31.9, 17.0, 15.1, 18.9, 6.1, 13.1, 12.2, 19.5, 12.0, 12.1, 7.5, 20.8, 22.0, 16.0,
    12.3, 15.1, 34.2, 10.9, 16.9, 19.8, 6.9, 17.5, 6.2,  10.4, 11.4, 4.5,  7.2, 19.6, 39.6, 13.2,
    29.0, 25.1, 39.6, 21.8, 15.8, 27.7, 7.4, 18.4, 16.5, 22.2, 16.5, 10.8, 7.1, 14.5, 28.1, 11.0,
    0,    15.3, 0,    12.2, 12.2, 17.7, 4.4, 15.2, 0,    12.6, 13.2, 10.6, 7.7, 20.3, 12.9, 17.6};

// GC at third positions follows the isochore several-fold more steeply than the isochore itself.
constexpr double kThirdPositionSlope = 6.0;
constexpr double kMeanGc = 0.45;

int position_of(int codon, int i) { return (codon >> (2 * (2 - i))) & 3; }

}  // namespace

CodonModel::CodonModel(double gc) {
  const double tilt = std::exp(kThirdPositionSlope * (gc - kMeanGc));
  double total = 0;
  for (int codon = 0; codon < 64; ++codon) {
    const int third = codon & 3;
    usage_[codon] = kUsage[codon] * (third == kC || third == kG ? tilt : 1.0);
    total += usage_[codon];
  }
  double below = 0;
  for (int codon = 0; codon < 64; ++codon) {
    usage_[codon] /= total;
    log_usage_[codon] = std::log(usage_[codon]);
    below += usage_[codon];
    cumulative_[codon] = below;
    for (int i = 0; i < 3; ++i) position_[i][position_of(codon, i)] += usage_[codon];
  }
  // Runs inside a codon: first position i, n bases (1 or 2; a whole codon is log_usage_).
  for (int i = 0; i < 3; ++i)
    for (int n = 1; i + n <= 3 && n < 3; ++n) {
      std::array<double, 16> p{};
      for (int codon = 0; codon < 64; ++codon) {
        int run = 0;
        for (int j = i; j < i + n; ++j) run = run * 4 + position_of(codon, j);
        p[run] += usage_[codon];
      }
      for (double& value : p) value = std::log(value);
      partial_[i][n] = p;
    }
  // 3-mers of an endless row of independent codons, at the three offsets.
  for (int first = 0; first < 64; ++first) {
    trinucleotides_[first] += usage_[first] / 3;
    for (int second = 0; second < 64; ++second) {
      const double p = usage_[first] * usage_[second] / 3;
      const int six = first * 64 + second;
      trinucleotides_[(six >> 4) & 63] += p;
      trinucleotides_[(six >> 2) & 63] += p;
    }
  }
  for (int tri = 0; tri < 64; ++tri) dinucleotides_[tri >> 2] += trinucleotides_[tri];
  for (int tri = 0; tri < 64; ++tri) {
    next_[tri >> 2][tri & 3] = trinucleotides_[tri] / dinucleotides_[tri >> 2];
    log_next_[tri] = std::log(next_[tri >> 2][tri & 3]);
  }
}

void CodonModel::weights(const Rows& rows, std::array<double, 64>* out) const {
  double total = 0;
  for (int codon = 0; codon < 64; ++codon) {
    double weight = usage_[codon];
    for (int i = 0; i < 3; ++i)
      if (rows[i] != nullptr) {
        const int base = position_of(codon, i);
        weight *= (*rows[i])[base] / position_[i][base];
      }
    (*out)[codon] = weight;
    total += weight;
  }
  for (double& weight : *out) weight /= total;
}

void CodonModel::sample(Random* random, const Rows& rows, Bases* out) const {
  const bool governed = rows[0] != nullptr || rows[1] != nullptr || rows[2] != nullptr;
  std::array<double, 64> own = cumulative_;
  if (governed) {
    weights(rows, &own);
    double below = 0;
    for (double& weight : own) weight = below += weight;
  }
  const auto found = std::upper_bound(own.begin(), own.end() - 1, random->uniform() * own.back());
  int codon = static_cast<int>(found - own.begin());
  while (is_stop(codon)) --codon;  // only if rounding landed on a codon without weight
  for (int i = 0; i < 3; ++i) out->push_back(static_cast<Base>(position_of(codon, i)));
}

double CodonModel::log_likelihood(BasesView bases, int phase,
                                  const std::vector<Governed>& governed) const {
  const int64_t size = static_cast<int64_t>(bases.size());
  double sum = 0;
  for (int64_t start = -phase; start < size; start += 3) {
    Rows rows{};
    bool bent = false;
    for (const Governed& g : governed)
      if (g.at >= start && g.at < start + 3) {
        rows[g.at - start] = g.row;
        bent = true;
      }
    const int64_t begin = std::max<int64_t>(start, 0), end = std::min(start + 3, size);
    int run = 0;
    for (int64_t i = begin; i < end; ++i) run = run * 4 + bases[i];
    if (!bent) {
      sum += end - begin == 3 ? log_usage_[run] : partial_[begin - start][end - begin][run];
      continue;
    }
    std::array<double, 64> p;
    weights(rows, &p);
    double seen = 0;
    for (int codon = 0; codon < 64; ++codon) {
      int own = 0;
      for (int64_t i = begin; i < end; ++i)
        own = own * 4 + position_of(codon, static_cast<int>(i - start));
      if (own == run) seen += p[codon];
    }
    sum += std::log(seen);
  }
  return sum;
}

void CodonModel::fill_frameless(Random* random, int64_t count, Bases* out) const {
  int context = 0;
  double u = random->uniform();
  while (context < 15 && u >= dinucleotides_[context]) u -= dinucleotides_[context++];
  for (int64_t i = 0; i < count; ++i) {
    if (i < 2) {
      out->push_back(static_cast<Base>(i == 0 ? context >> 2 : context & 3));
      continue;
    }
    const Base base = sample_row(next_[context], random);
    out->push_back(base);
    context = ((context << 2) | base) & 15;
  }
}

double CodonModel::frameless_log_likelihood(BasesView bases) const {
  double sum = bases.size() < 2 ? 0 : std::log(dinucleotides_[bases[0] * 4 + bases[1]]);
  for (size_t i = 2; i < bases.size(); ++i)
    sum += log_next_[bases[i - 2] * 16 + bases[i - 1] * 4 + bases[i]];
  return sum;
}

}  // namespace lexome::sim
