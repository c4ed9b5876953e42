// Do cuts follow the reading frame? Of each gene, the share of cuts in its coding exons that stand
// before codon positions 0, 1 and 2. A ruler every 3 bases keeps one phase within an exon but not
// the frame: over genes it stands at phase 0 a third of the time, and an intron moves it.
#pragma once

#include "segments/landmarks.h"
#include "segments/mean.h"

namespace lexome {

struct CodonPhases {
  // Mean over genes with at least five cuts; a third by chance.
  Mean in_phase;
  // Chance that a cut of one coding exon and a cut of the next stand before the same codon
  // position, mean over pairs of neighbouring exons of a gene with at least three cuts each; a
  // third by chance.
  Mean across_introns;
};

CodonPhases codon_phases(const Segmentation& segments, const std::vector<CodingGene>& genes,
                         uint64_t seed);

}  // namespace lexome
