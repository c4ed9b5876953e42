// Genomes laid against one reference, as the list of their changes: tens of positions where a text
// would be tens of thousands. Insertions have no place here; a deleted base is as unknown as an N.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lexome/bases.h"

namespace lexome {

struct Change {
  uint32_t position = 0;  // 0-based, of the reference
  Base base = kN;         // kN: not known, or deleted
  bool operator==(const Change&) const = default;
};
using Changes = std::vector<Change>;  // by position, each once, never the reference's own base

struct AlignedGenome {
  std::string name, label;
  Changes changes;
};

struct Span {
  uint32_t begin = 0, end = 0;  // half-open, of the reference
  uint32_t length() const { return end - begin; }
};

// The changes within a span.
std::span<const Change> changes_in(const Changes& changes, Span span);
Base base_at(BasesView reference, const Changes& changes, uint32_t position);
Bases bases_of(BasesView reference, const Changes& changes, Span span);
// A genome of the reference's length as changes.
Changes changes_of(BasesView reference, BasesView genome);

struct Difference {
  int64_t substitutions = 0;  // positions where both bases are known and differ
  int64_t compared = 0;       // positions where both are known
  double rate() const {
    return compared > 0 ? static_cast<double>(substitutions) / static_cast<double>(compared) : 1.0;
  }
};
// `a` and `b` are the changes within `span`, against one reference without N.
Difference difference(std::span<const Change> a, std::span<const Change> b, Span span);

}  // namespace lexome
