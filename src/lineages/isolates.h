// Genomes read from files and laid against a reference: consensus genomes that are aligned already,
// and isolates with a table of labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/task.h"

namespace lexome {

inline constexpr double kTrustedJaccard = 0.6;

struct ConsensusSummary {
  int64_t records = 0, unknown = 0;  // unknown: names that no leaf has
  int64_t replaced = 0, equal = 0;   // leaves; equal ones among them
  int64_t largest = 0;               // substitutions between a leaf and its record
};
// Leaves take the genome of the record of their name. InputError: a record of another length than
// the reference.
ConsensusSummary use_consensus(const std::string& path, LineageTree* tree);

struct IsolateSummary {
  int64_t records = 0, unlabelled = 0, doubtful = 0, copies = 0;
};
// Records with a trusted label, laid against the reference; copies (the same name or the same
// bases) are taken once. Tables have the columns name and who_label (or label), and perhaps
// kmer_jaccard, which must reach kTrustedJaccard. InputError: a missing column, a number that is
// none (line named), no record that is left.
std::vector<Isolate> read_isolates(const std::vector<std::string>& fastas,
                                   const std::vector<std::string>& tables, BasesView reference,
                                   int threads, IsolateSummary* summary);

}  // namespace lexome
