// Where sequences are cut, whoever cuts them: a tokenizer, a network's units, a table of n-grams, a
// BED file or a ruler. Everything else here works on cuts alone. Positions are those of the contig;
// a cut at p lies between bases p - 1 and p.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/genome.h"
#include "lexome/interval.h"
#include "lexome/tokenizer.h"
#include "vocab/pmi_table.h"

namespace lexome {

// A stretch of a genome that is looked at, with its bases.
struct Studied {
  Interval where;
  int contig = 0;
  Bases bases;
};

// Regions as checked_regions gives them; whole contigs when there are none. Regions that overlap
// are joined, so that no base counts twice.
std::vector<Studied> studied_regions(const Genome& genome, std::vector<Interval> regions);

struct Segmentation {
  std::string name, about;
  // Why there is nothing to compare: tokens that overlap or are single bases. Empty: there is.
  std::string none;
  // By region, ascending, each inside it: the region's own ends are no cuts.
  std::vector<std::vector<int64_t>> cuts;
  int64_t forced = 0;  // cuts at lines of a grid

  int64_t count() const;
};

// `own_lines` as in TokenizeRequest.
Segmentation segment(const std::string& name, const Tokenizer& tokenizer, int64_t own_lines,
                     const Genome& genome, const std::vector<Studied>& regions, int threads);
// Both ends of every interval are cuts. InputError names a contig that the genome lacks.
Segmentation segments_of_bed(const std::string& name, const std::string& path, const Genome& genome,
                             const std::vector<Studied>& regions);
// A cut every `step` bases of the contig, the first at `phase`.
Segmentation ruler(int64_t step, int64_t phase, const std::vector<Studied>& regions);

// Two ways to cut without learning anything but counts of n-grams (Jin and Tanaka-Ishii 2006, ACL,
// for the second). A cut lies where the two halves of the table's longest even n-gram around it
// belong together least: a strict local minimum of ln P(both) - ln P(left) - ln P(right). Or where
// what comes next is most open: a strict local maximum of the entropies of the next base, given
// those before, and of the previous base, given those behind. Beside N nothing is cut; n-grams that
// were never counted are as unlikely as half a count. InputError for a table without counts.
Segmentation pmi_segments(const PmiTable& table, const std::vector<Studied>& regions, int threads);
Segmentation entropy_segments(const PmiTable& table, const std::vector<Studied>& regions,
                              int threads);

// Ascending, each once.
void sort_unique(std::vector<int64_t>* positions);

// Units of one region: [starts[i], starts[i + 1]), the last entry being the region's end.
std::vector<int64_t> unit_edges(const Studied& region, const std::vector<int64_t>& cuts);

}  // namespace lexome
