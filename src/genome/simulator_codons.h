// Coding sequence: codons drawn by usage and GC class, bent where a splice signal reaches into the
// exon, and scored in an unknown reading frame. The non-coding twin has the same 3-mer spectrum but
// no frame, so that the two differ in nothing but periodicity.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "genome/simulator_motifs.h"
#include "lexome/bases.h"

namespace lexome::sim {

using Rows = std::array<const Row*, 3>;  // a codon's positions that a signal governs, else null

inline bool is_stop(int codon) { return codon == 48 || codon == 50 || codon == 56; }  // TAA TAG TGA

class CodonModel {
 public:
  // `gc` of the isochore tilts the third positions.
  explicit CodonModel(double gc);
  // Appends a codon. Where rows are given the codon's probability is usage times row over the
  // position's own base frequency: the product of both experts, renormalised; never a stop.
  void sample(Random* random, const Rows& rows, Bases* out) const;
  void sample(Random* random, Bases* out) const { sample(random, Rows{}, out); }
  // log P of bases whose first base is codon position `phase`; rows[i] governs base i, and rows may
  // reach past both ends (`left`, `right`: rows of the at most two unseen bases of the border
  // codons). Unseen bases are summed out.
  struct Governed {
    int64_t at = 0;  // index into the bases; may be -2..-1 or size..size+1
    const Row* row = nullptr;
  };
  double log_likelihood(BasesView bases, int phase, const std::vector<Governed>& governed) const;

  // The frameless twin: an order-2 chain with the 3-mer frequencies of coding sequence, averaged
  // over the three codon positions.
  void fill_frameless(Random* random, int64_t count, Bases* out) const;
  double frameless_log_likelihood(BasesView bases) const;
  const std::array<double, 64>& usage() const { return usage_; }

 private:
  void weights(const Rows& rows, std::array<double, 64>* out) const;  // normalised
  std::array<double, 64> usage_{}, log_usage_{}, trinucleotides_{}, log_next_{};
  std::array<double, 16> dinucleotides_{};
  std::array<double, 64> cumulative_{};
  std::array<Row, 3> position_{};
  std::array<Row, 16> next_{};
  std::array<std::array<std::array<double, 16>, 3>, 3> partial_{};  // log P of a run inside a codon
};

}  // namespace lexome::sim
