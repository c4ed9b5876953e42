// Covers of tokens: constant memory for regular ones, a list for the others.
#include "lexome/tokens.h"

#include <utility>

namespace lexome {

Covers Covers::regular(uint32_t first, uint32_t step, uint32_t width, size_t count) {
  Covers covers;
  covers.first_ = first;
  covers.step_ = step;
  covers.width_ = width;
  covers.count_ = count;
  return covers;
}

Covers Covers::listed(std::vector<Cover> covers) {
  Covers listed;
  listed.regular_ = false;
  listed.covers_ = std::move(covers);
  return listed;
}

}  // namespace lexome
