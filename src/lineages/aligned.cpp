#include "lineages/aligned.h"

#include <algorithm>

namespace lexome {

std::span<const Change> changes_in(const Changes& changes, Span span) {
  const auto before = [](const Change& change, uint32_t position) {
    return change.position < position;
  };
  const auto first = std::lower_bound(changes.begin(), changes.end(), span.begin, before);
  const auto last = std::lower_bound(first, changes.end(), span.end, before);
  return {first, last};
}

Base base_at(BasesView reference, const Changes& changes, uint32_t position) {
  const auto found = changes_in(changes, {position, position + 1});
  return found.empty() ? reference[position] : found.front().base;
}

Bases bases_of(BasesView reference, const Changes& changes, Span span) {
  Bases bases(reference.begin() + span.begin, reference.begin() + span.end);
  for (const Change& change : changes_in(changes, span)) {
    bases[change.position - span.begin] = change.base;
  }
  return bases;
}

Changes changes_of(BasesView reference, BasesView genome) {
  Changes changes;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (genome[i] != reference[i]) changes.push_back({static_cast<uint32_t>(i), genome[i]});
  }
  return changes;
}

Difference difference(std::span<const Change> a, std::span<const Change> b, Span span) {
  Difference sum;
  int64_t unknown = 0;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const uint32_t at =
        std::min(i < a.size() ? a[i].position : span.end, j < b.size() ? b[j].position : span.end);
    // Where one side has no change it has the reference's base, which the other's is not.
    const bool in_a = i < a.size() && a[i].position == at,
               in_b = j < b.size() && b[j].position == at;
    if ((in_a && a[i].base == kN) || (in_b && b[j].base == kN)) {
      ++unknown;
    } else if (!in_a || !in_b || a[i].base != b[j].base) {
      ++sum.substitutions;
    }
    i += in_a;
    j += in_b;
  }
  sum.compared = static_cast<int64_t>(span.length()) - unknown;
  return sum;
}

}  // namespace lexome
