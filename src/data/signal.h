// A bedGraph track as regression targets: the mean over any window, places it does not name
// counting as 0.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "data/dataset_places.h"

namespace lexome {

class Signal {
 public:
  // InputError: as PlaceChecker, and lines that overlap.
  Signal(const ContigFinder& finder, const std::string& path, bool skip_bad, DatasetParts* parts);
  double mean(const Locus& window) const;

 private:
  struct Step {
    int64_t start, end;
    double value;
    double before;  // the sum over all steps before this one
  };
  std::unordered_map<uint64_t, std::vector<Step>> contigs_;
};

}  // namespace lexome
