// A few short stretches of a stream of sequences, drawn evenly from what passes (Vitter 1985,
// algorithm R).
#pragma once

#include <cstdint>
#include <vector>

#include "lexome/bases.h"

namespace lexome {

class StretchSample {
 public:
  // Its first 2,048 bases may be kept, unless all of them are N. What is kept depends on the stream
  // alone.
  void offer(BasesView bases);
  const std::vector<Bases>& kept() const { return kept_; }

 private:
  std::vector<Bases> kept_;
  uint64_t offered_ = 0;
};

}  // namespace lexome
