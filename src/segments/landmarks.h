// What is known of the regions that are studied: classes of bases (genes, exons, repeats, ...),
// boundaries that units may or may not agree with, and coding genes with their reading frames. Read
// from GFF3, GTF, BED, a simulator's truth.bed and the genome's soft mask.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "segments/segmentation.h"

namespace lexome {

// By region: disjoint and ascending.
using RegionBlocks = std::vector<std::vector<Block>>;

struct BaseClass {
  std::string name;
  RegionBlocks blocks;
  int64_t bases() const;
};

// Boundaries of one kind and the stretches within which they are compared with cuts.
struct Landmark {
  std::string name;
  std::vector<std::vector<int64_t>> at;  // by region, ascending
  RegionBlocks area;
  int64_t count() const;
};

// Coding exons in ascending order; `phase`: codon position (0, 1 or 2) of the first base read.
struct CodingPart {
  int64_t start = 0, end = 0;
  int phase = 0;
};
struct CodingGene {
  std::string name;
  size_t region = 0;
  char strand = '+';
  std::vector<CodingPart> parts;
};

struct Landmarks {
  std::vector<BaseClass>
      classes;  // those with bases, "intergenic" among them where genes are known
  std::vector<Landmark> landmarks;  // "motif", "splice", "codon", "gene": those with boundaries
  std::vector<CodingGene> genes;    // no two overlap: of each locus the longest coding transcript
  std::vector<std::string> notes;   // what was read, in sentences
};

// `motifs`: BED of sites whose ends are motif boundaries (lexome analyze motifs --sites); may be
// empty. Names of a truth.bed are understood as the simulator writes them. InputError for a contig
// that the genome lacks in all lines of a file.
Landmarks read_landmarks(const Genome& genome, const std::vector<Studied>& regions,
                         const std::vector<std::string>& annotations, const std::string& motifs);

// Codon boundaries of a coding exon: cuts before bases of codon position 0, ascending.
std::vector<int64_t> codon_boundaries(const CodingPart& part, char strand);
// Codon position (0, 1, 2) that a cut at `at` inside the part stands before, in reading order.
int phase_at(const CodingPart& part, char strand, int64_t at);

}  // namespace lexome
