// How often labels are used, and what bases stand around them.
#pragma once

#include <cstdint>
#include <vector>

#include "codes/labelling.h"
#include "motifs/motif.h"

namespace lexome {

struct CodeUse {
  std::vector<int64_t> counts;  // by label
  int64_t bases = 0;            // with a label
  int64_t used = 0;             // labels that occur
  double entropy = 0;           // of the labels, bits
  double perplexity() const;
};
CodeUse code_use(const Labelling& labelling);

// The bases around the occurrences of a label: columns from `reach` before it to `reach` behind it.
struct CodeProfile {
  int32_t label = 0;
  int64_t count = 0;
  std::vector<MotifColumn> columns;
  double bits = 0;  // information of all columns together
};

struct CodeProfiles {
  std::vector<CodeProfile> profiles;  // of labels that occur, most used first
  // What a label tells of the base so far away, bits, from -reach to reach: H(base) - H(base |
  // label), both with Miller and Madow's correction for small counts.
  std::vector<double> information;
};
CodeProfiles code_profiles(const std::vector<Stretch>& stretches, const Labelling& labelling);

}  // namespace lexome
