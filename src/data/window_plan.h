// Which windows a run sees. `window(seed, epoch, i)` is a pure function, so results do not depend
// on threads and resuming needs one integer. Held-out contigs, regions or groups make the
// validation side; homology groups never straddle it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lexome/genome.h"
#include "lexome/options.h"
#include "lexome/window.h"

namespace lexome {

struct WindowOptions {
  int64_t length = 512;           // bases a window
  std::string layout = "random";  // random | tiled
  std::string lengths = "full";  // full | dnabert (half full, half uniform in [min_length, length])
  int64_t min_length = 16;
  std::string n_policy = "skip";  // skip: no N at all | keep | max=F (share of N)
  std::string strand = "both";    // + | - | both
  std::string holdout;  // comma list: contig names, region strings, group:NAME, or "" for a share
  double holdout_share = 0.05;  // of each group's bases when `holdout` is empty
  Fields fields();              // section "windows"
};

enum class Side { kTrain, kValidation };

class WindowPlan {
 public:
  // InputError: windows longer than every contig, nothing left to train on, names nobody has.
  // ConfigError: options off range, weights that differ inside a homology group.
  WindowPlan(std::shared_ptr<const GenomeSet> genomes, const WindowOptions& options);
  // The i-th window of an epoch on a side. Random layout: any i; a stretch is drawn by weight x
  // bases, the place in it uniformly. Tiled: i < tiled_count(side), in genome order for validation
  // and in another order every epoch for training.
  Locus window(Side side, uint64_t seed, uint64_t epoch, uint64_t i) const;
  int64_t tiled_count(Side side) const;
  // Bases of a window (reverse complement for '-').
  void fetch(const Locus& locus, Bases* out) const;
  const GenomeSet& genomes() const { return *genomes_; }
  const WindowOptions& options() const;
  int64_t bases(Side side) const;                        // eligible bases
  const std::vector<Locus>& stretches(Side side) const;  // eligible stretches, forward strand
  std::string describe() const;

 private:
  struct Impl;
  Locus draw(Side side, uint64_t seed, uint64_t epoch, uint64_t i, uint64_t attempt) const;
  bool accepts(const Locus& locus) const;  // little enough N?
  std::shared_ptr<const GenomeSet> genomes_;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace lexome
