#include "segments/codon_phase.h"

#include <algorithm>
#include <array>

namespace lexome {
namespace {

constexpr double kFewInGene = 5, kFewInExon = 3;

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
