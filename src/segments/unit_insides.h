// What a network knows of its units besides where they end: the vectors it goes on with, and where
// its deformable convolution reads. A tokenizer that can tell is one of these, too. Units are those
// the network itself makes of what it reads at once; no line forces their edges.
#pragma once

#include <memory>
#include <vector>

#include "lexome/genome.h"
#include "segments/segmentation.h"

namespace lexome {

struct UnitInsides {
  struct Unit {
    int64_t start = 0, length = 0, centre = 0;  // in bases of the read
    int64_t expert = 0, row = 0;  // its place in model.experts; its row in the convolution's grid
  };
  std::vector<Unit> units;                 // by place
  size_t width = 0, taps = 0;              // without a deformable convolution there are no taps
  std::vector<float> vectors;              // [units, width]: what the token layers get
  std::vector<float> offsets, modulation;  // [units, taps]; offsets in rows of the grid
  // The base at each row of the grid: a unit's centre, or any base; -1 and the read's length for
  // the two specials.
  std::vector<int64_t> base_of_row;
};

class InsideUnits {
 public:
  virtual ~InsideUnits();
  virtual int64_t core() const = 0;   // bases between the lines, anchored at a contig's start
  virtual int64_t flank() const = 0;  // read on each side of them
  virtual std::vector<UnitInsides> look(const std::vector<Bases>& reads) const = 0;
  // The same network before training.
  virtual std::shared_ptr<const InsideUnits> untrained(uint64_t seed) const = 0;
};

// What is read around one stretch between two lines; units whose centre lies in [asked_start,
// asked_end) are asked for. Positions on the contig.
struct UnitRead {
  size_t region = 0;
  int64_t start = 0, asked_start = 0, asked_end = 0;
  Bases bases;
};

// Of the stretches between lines that meet a region, `most` at random, in order.
std::vector<UnitRead> sampled_reads(const Genome& genome, const std::vector<Studied>& regions,
                                    const InsideUnits& network, size_t most, uint64_t seed);
// All that meet [start, end) of one region.
std::vector<UnitRead> reads_over(const Genome& genome, const std::vector<Studied>& regions,
                                 const InsideUnits& network, size_t region, int64_t start,
                                 int64_t end);

}  // namespace lexome
