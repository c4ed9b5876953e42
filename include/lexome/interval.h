// Positions on a genome. Everywhere in lexome coordinates are 0-based and half-open; only region
// strings typed by a user ("chr1:1,001-2,000") are 1-based and closed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lexome {

// Strand is '+', '-' or '.' (unknown).
struct Interval {
  std::string contig;
  int64_t start = 0;
  int64_t end = 0;
  char strand = '.';

  int64_t length() const { return end - start; }
  bool operator==(const Interval&) const = default;
};

// "chr1", "chr1:100" (to the end) or "chr1:1,001-2,000" (1-based, closed; k/M suffixes allowed).
// `end` is -1 when the region runs to the end of the contig. Throws ConfigError.
Interval parse_region(std::string_view text);

// The inverse of parse_region: "chr1:1001-2000".
std::string to_region(const Interval& interval);

}  // namespace lexome
