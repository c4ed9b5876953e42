#include "segments/codon_phase.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "report/statistics.h"

namespace lexome {
namespace {

constexpr double kFewInGene = 5, kFewInExon = 3;
constexpr size_t kFewGenes = 5;
constexpr int kReplicates = 1000;

using PhaseCounts = std::array<double, 3>;

double total(const PhaseCounts& counts) { return counts[0] + counts[1] + counts[2]; }

PhaseCounts phases_in(const CodingPart& part, char strand, const std::vector<int64_t>& cuts) {
  PhaseCounts counts{};
  // The exon's own edges belong to splicing, not to the frame.
  auto cut = std::upper_bound(cuts.begin(), cuts.end(), part.start);
  for (; cut != cuts.end() && *cut < part.end; ++cut)
    ++counts[static_cast<size_t>(phase_at(part, strand, *cut))];
  return counts;
}

Mean mean_of(const std::vector<double>& values, uint64_t seed) {
  Mean mean;
  mean.genes = static_cast<int64_t>(values.size());
  mean.value = mean.low = mean.high = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return mean;
  const auto n = static_cast<double>(values.size());
  mean.value = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < kFewGenes) return mean;
  std::vector<double> drawn;
  for (int r = 0; r < kReplicates; ++r) {
    Random random(seed, Purpose::kBootstrap, static_cast<uint64_t>(r));
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
    drawn.push_back(sum / n);
  }
  std::sort(drawn.begin(), drawn.end());
  mean.low = sorted_quantile(drawn, 0.025);
  mean.high = sorted_quantile(drawn, 0.975);
  return mean;
}

}  // namespace

CodonPhases codon_phases(const Segmentation& segments, const std::vector<CodingGene>& genes,
                         uint64_t seed) {
  std::vector<double> in_phase, across;
  for (const CodingGene& gene : genes) {
    PhaseCounts all{}, before{};
    double same = 0;
    int pairs = 0;
    for (const CodingPart& part : gene.parts) {
      const PhaseCounts here = phases_in(part, gene.strand, segments.cuts[gene.region]);
      for (size_t p = 0; p < 3; ++p) all[p] += here[p];
      if (total(here) >= kFewInExon && total(before) >= kFewInExon) {
        double agree = 0;
        for (size_t p = 0; p < 3; ++p) agree += here[p] * before[p];
        same += agree / (total(here) * total(before));
        ++pairs;
      }
      before = here;
    }
    if (total(all) >= kFewInGene) in_phase.push_back(all[0] / total(all));
    if (pairs > 0) across.push_back(same / pairs);
  }
  return {mean_of(in_phase, seed), mean_of(across, seed)};
}

}  // namespace lexome
