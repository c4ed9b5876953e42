// Units as a network sees them: one vector a distinct sequence, the mean over where it stands, as
// points; and where the taps of the deformable convolution read.
#pragma once

#include <string>
#include <vector>

#include "segments/landmarks.h"
#include "segments/unit_insides.h"

namespace lexome {

struct MappedUnit {
  std::string sequence;
  int64_t expert = 0, count = 0;
  // Of the classes of bases the one in which it stands more often than units do, by most standard
  // deviations of a count (Poisson) and by more than three; "any" where there is none.
  std::string home;
  std::vector<double> components;
};

// Over all units looked at. An offset counts rows of the convolution's grid: units in the compact
// layout, bases in the sparse one.
struct TapSummary {
  int64_t tap = 0;  // 0: the unit's own place
  double mean = 0, deviation = 0, low = 0, median = 0,
         high = 0;        // of offsets; low, high: 5 %, 95 %
  double beyond_one = 0;  // share of offsets of more than one row
  double outside = 0;     // share of reads beyond the first and last row, where nothing stands
  double modulation = 0, modulation_deviation = 0;
};

struct NetworkUnits {
  std::string name;  // of the tokenizer
  bool trained = true;
  int64_t bases = 0;               // in the stretches looked at
  int64_t units = 0;               // looked at
  int64_t distinct = 0;            // sequences
  std::vector<MappedUnit> mapped;  // at most kMostMapped of them (report/point_map.h)
  std::vector<double> shares;      // of the variance, by component
  // Share of the mapped vectors' variance between units of different length, and between homes.
  double by_length = 0, by_home = 0;
  std::vector<TapSummary> taps;  // empty without a deformable convolution
};

NetworkUnits network_units(const std::string& name, bool trained, const InsideUnits& network,
                           const std::vector<UnitRead>& reads,
                           const std::vector<BaseClass>& classes, uint64_t seed);

// What one tap reads at one unit. Places on the contig; the middle of its first base is 0.5.
struct ViewedTap {
  std::string tokenizer;
  Interval unit;
  int64_t expert = 0, tap = 0;
  double offset = 0, modulation = 0;
  double from = 0, reads = 0;  // the unit's centre; what is read, NaN beyond the first and last row
};

// Of all units that meet the stretch, in order.
std::vector<ViewedTap> taps_over(const std::string& name, const InsideUnits& network,
                                 const std::vector<UnitRead>& reads, const Interval& stretch);

}  // namespace lexome
