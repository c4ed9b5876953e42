// Tokens of one window. A token always knows the bases it stands for: its cover, relative to the
// window's first base. Covers are ordered by start; ids stand in one column a level.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/window.h"

namespace lexome {

struct Cover {
  uint32_t start = 0;
  uint32_t length = 0;
  uint32_t end() const { return start + length; }
};

// The covers of n tokens: regular ones (first + i*step, width) in constant memory, others listed.
class Covers {
 public:
  Covers() = default;
  static Covers regular(uint32_t first, uint32_t step, uint32_t width, size_t count);
  static Covers listed(std::vector<Cover> covers);
  size_t size() const { return regular_ ? count_ : covers_.size(); }
  Cover operator[](size_t i) const {
    return regular_ ? Cover{first_ + static_cast<uint32_t>(i) * step_, width_} : covers_[i];
  }
  bool is_regular() const { return regular_; }

 private:
  bool regular_ = true;
  uint32_t first_ = 0, step_ = 1, width_ = 1;
  size_t count_ = 0;
  std::vector<Cover> covers_;
};

struct TokenColumn {  // an optional value a token: "expert", "score", ...
  std::string name;
  std::vector<float> values;
};

struct Tokens {
  Covers covers;
  std::vector<std::vector<int32_t>> levels;  // levels[l][i]; HRQ has two, MxDNA's units none
  std::vector<TokenColumn> columns;

  size_t size() const { return covers.size(); }
};

// Forward genome coordinates of a cover of a window: for a '-' window the cover is mirrored.
inline std::pair<int64_t, int64_t> forward_span(const Locus& locus, Cover cover) {
  return locus.strand == '-'
             ? std::pair{locus.end - cover.end(), locus.end - static_cast<int64_t>(cover.start)}
             : std::pair{locus.start + static_cast<int64_t>(cover.start),
                         locus.start + cover.end()};
}

}  // namespace lexome
