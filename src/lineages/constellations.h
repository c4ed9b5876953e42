// What defines a lineage, as cov-lineages' constellations say (JSON): sites of nucleotides and of
// amino acids, checked against the reference. Only substitutions are kept: deletions and insertions
// cannot be read where an unknown base and a deleted one are the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/genes.h"

namespace lexome {

// One statement: at one of these positions (three of a codon) stands another base than the
// reference's.
struct ConstellationSite {
  std::string text;                 // "s:N501Y"
  std::vector<uint32_t> positions;  // one, or the three of a codon
  std::string from, to;             // a base or an amino acid
  bool protein = false;
};

struct Constellation {
  std::string path, lineage, label;  // label: WHO's; may be empty
  std::vector<ConstellationSite> sites;
  int64_t left_out = 0;  // deletions, insertions, genes that the annotation does not name
};

// Every .json of a folder, by name. `genes`: by the names constellations use, case folded (s and
// spike, 8 and orf8, 1ab and orf1ab). InputError: a site whose base or amino acid is not the
// reference's (file, site, position and base named), a folder without constellations.
std::vector<Constellation> read_constellations(const std::string& folder,
                                               const std::vector<Gene>& genes, BasesView reference);

}  // namespace lexome
