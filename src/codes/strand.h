// Is the label of the other strand a function of the label? A map from label to the most frequent
// label of the reverse complement is learned on every other block of bases and tried on the rest.
#pragma once

#include "codes/labelling.h"

namespace lexome {

struct StrandAnswer {
  int64_t tried = 0;      // bases
  double by_label = 0;    // share of bases whose other label the map tells
  double by_triplet = 0;  // the same from the three bases around instead
  double constant = 0;    // by always saying the most frequent one
  double entropy = 0;     // of the labels of the reverse complement, bits
};
StrandAnswer strand_answer(const std::vector<Stretch>& stretches, const Labelling& labelling);

}  // namespace lexome
