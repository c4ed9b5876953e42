// Weight matrices of the signals a simulated genome knows: base probabilities a position, drawn
// from and scored against. Numbers are rounded from the published matrices named in
// docs/simulator.md.
#pragma once

#include <array>
#include <vector>

#include "base/random.h"
#include "lexome/bases.h"

namespace lexome::sim {

using Row = std::array<double, 4>;  // probabilities of A, C, G, T

class Pwm {
 public:
  Pwm(const char* name, std::vector<Row> rows);
  const char* name() const { return name_; }
  int width() const { return static_cast<int>(rows_.size()); }
  const std::vector<Row>& rows() const { return rows_; }
  Pwm reversed() const;                           // the matrix of the other strand
  Pwm part(int begin, int end) const;             // some of its rows
  void sample(Random* random, Bases* out) const;  // appends width() bases
  double log_p(BasesView bases) const;            // log P of the first width() bases
  double bits(BasesView bases) const;             // log2 odds against equal bases

 private:
  const char* name_;
  std::vector<Row> rows_, log_rows_;
};

Base sample_row(const Row& row, Random* random);

// Signals and where they stand. Positions are relative to what the field counts from; the splice
// matrices span the junction: donor rows 0-2 are the exon's last bases, acceptor row 4 the next
// exon's first.
struct Motifs {
  Pwm tata, initiator, gc_box, caat_box;
  Pwm donor, branch, tract, acceptor;
  Pwm pair_a, pair_b;
};
const Motifs& motifs();

}  // namespace lexome::sim
