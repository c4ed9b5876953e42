// Where items may lie: contigs named by files of intervals, intervals checked against them, and
// which part of a data set each place of the genomes belongs to.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/dataset_parts.h"
#include "data/regions.h"
#include "genome/annotation.h"

namespace lexome {

// Contigs of several genomes by name.
class ContigFinder {
 public:
  explicit ContigFinder(const GenomeSet& genomes) : genomes_(genomes) {}
  // The whole contig, genome -1 when no genome has it. InputError when two have.
  Locus find(const std::string& name) const;
  const GenomeSet& genomes() const { return genomes_; }
  // "a.2bit (chr1, chr2, ... 23 more)"
  std::string describe() const;

 private:
  const GenomeSet& genomes_;
  mutable std::unordered_map<std::string, Locus> known_;
};

// Checks intervals of one file, line by line. Intervals that no genome has, or not to their end,
// are refused, or counted with `skip_bad`; a file of which none fits is always refused.
class PlaceChecker {
 public:
  PlaceChecker(const ContigFinder& finder, std::string path, bool skip_bad)
      : finder_(finder), path_(std::move(path)), skip_bad_(skip_bad) {}
  // False for an interval to leave out.
  bool place(const Interval& where, int64_t line, Locus* locus);
  // Call after the last line. Says what was left out.
  void finish(DatasetParts* parts);

 private:
  void refuse(const std::string& message) const;
  const ContigFinder& finder_;
  std::string path_, first_message_;
  bool skip_bad_;
  int64_t seen_ = 0, unknown_ = 0, off_ = 0;
  std::vector<std::string> unknown_names_;
};

struct PlacedFeature {
  Locus where;  // strand as in the file, '.' when it has none
  Feature feature;
};
// The intervals of a file on the genomes. InputError as above, and for a file without intervals.
std::vector<PlacedFeature> read_places(const ContigFinder& finder, const std::string& path,
                                       const std::string& kind, bool skip_bad, DatasetParts* parts);

// The part of every place: from --test and --dev, or by share (src/data/holdout.h).
class PartMap {
 public:
  PartMap(const GenomeSet& genomes, const DatasetOptions& options);
  int part_of(const Locus& locus) const;  // kNoPart across a border or in a gap
  const std::vector<Locus>& stretches(int part) const {
    return stretches_[static_cast<size_t>(part)];
  }

 private:
  std::array<std::vector<Locus>, 3> stretches_;  // forward strand, ordered
};

}  // namespace lexome
