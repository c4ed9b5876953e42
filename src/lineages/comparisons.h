// The questions of an analysis of lineages that need no classes: distances against the tree, edits
// at defining sites, recombinants.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/findings.h"
#include "lineages/vocabularies.h"

namespace lexome {

inline constexpr size_t kMostApart = 120;  // genomes of the test of distances
inline constexpr int kPermutations = 999;

// Fills findings->{apart, distances}: one genome a close subtree (close_subtrees), drawn at random
// where there are many.
void compare_distances(const LineageTree& tree, const LineageLabels& labels,
                       const Vocabularies& vocabularies, uint64_t seed, int threads,
                       LineageFindings* findings);

// Fills findings->edits.
void compare_edits(const LineageTree& tree, const std::vector<Gene>& genes,
                   const Vocabularies& vocabularies, uint64_t seed, LineageFindings* findings);

// Fills findings->{recombinations, recombinants}. `texts`: NAME=LEFT,RIGHT.
void compare_recombinants(const LineageTree& tree, const std::vector<std::string>& texts,
                          const Vocabularies& vocabularies, LineageFindings* findings);

}  // namespace lexome
