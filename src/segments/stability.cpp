#include "segments/stability.h"

#include <algorithm>

#include "base/random.h"

namespace lexome {
namespace {

// A prime length, so that no ruler meets itself on the other strand.
constexpr int64_t kLength = 601, kEdge = 100, kMutated = kLength / 2, kNear = 10, kFar = 50;
constexpr size_t kStretches = 64, kTries = 20;

// Stretches with one base before each, so that there is a base to start at earlier.
std::vector<Bases> drawn_stretches(const std::vector<Studied>& regions, size_t wanted,
                                   uint64_t seed) {
  const auto places = [](const Studied& region) {
    return std::max<int64_t>(0, static_cast<int64_t>(region.bases.size()) - kLength);
  };
  int64_t total = 0;
  for (const Studied& region : regions) total += places(region);
  std::vector<Bases> stretches;
  if (total == 0) return stretches;
  Random random(seed, Purpose::kSample);
  for (size_t i = 0; i < kTries * wanted && stretches.size() < wanted; ++i) {
    auto place = static_cast<int64_t>(random.below(static_cast<uint64_t>(total)));
    auto region = regions.begin();
    while (place >= places(*region)) place -= places(*region++);
    const auto first = region->bases.begin() + place;
    Bases stretch(first, first + kLength + 1);
    if (std::count(stretch.begin(), stretch.end(), kN) == 0)
      stretches.push_back(std::move(stretch));
  }
  return stretches;
}

// Counts units of `before` whose edges `moved` gives, and those that `after` has. `moved` maps both
// edges of a unit, in order; `compared` says which units count.
template <class Moved, class Compared>
void compare(const std::vector<int64_t>& before, const std::vector<int64_t>& after,
             const Moved& moved, const Compared& compared, Stability* out,
             std::vector<double>* shares) {
  int64_t units = 0, kept = 0;
  for (size_t i = 0; i + 1 < before.size(); ++i) {
    if (before[i] < kEdge || before[i + 1] > kLength - kEdge) continue;
    if (!compared(before[i], before[i + 1])) continue;
    ++units;
    const auto [start, end] = moved(before[i], before[i + 1]);
    const auto found = std::lower_bound(after.begin(), after.end(), start);
    kept += found != after.end() && *found == start && std::next(found) != after.end() &&
            *std::next(found) == end;
  }
  out->units += units;
  out->kept += kept;
  if (units > 0) shares->push_back(static_cast<double>(kept) / static_cast<double>(units));
}

using Cuts = std::vector<std::vector<int64_t>>;  // by stretch
using Edges = std::pair<int64_t, int64_t>;

bool any_unit(int64_t, int64_t) { return true; }
Edges in_place(int64_t start, int64_t end) { return {start, end}; }

template <class Moved, class Compared>
Stability compare_all(const std::string& change, const Cuts& before, const Cuts& after,
                      const Moved& moved, const Compared& compared, uint64_t seed) {
  Stability one;
  one.change = change;
  std::vector<double> shares;
  for (size_t i = 0; i < before.size(); ++i)
    compare(before[i], after[i], moved, compared, &one, &shares);
  one.share = mean_of(shares, seed);
  return one;
}

// The stretches without the base before them.
std::vector<Bases> plain_stretches(const std::vector<Bases>& stretches) {
  std::vector<Bases> plain;
  for (const Bases& stretch : stretches) plain.emplace_back(stretch.begin() + 1, stretch.end());
  return plain;
}

Stability moved_lines(const Cutter& cut, int64_t own_lines, const std::vector<Bases>& plain,
                      const Cuts& before, uint64_t seed) {
  return compare_all("lines moved by half their distance", before, cut(plain, own_lines / 2),
                     in_place, any_unit, seed);
}

}  // namespace

std::vector<Studied> as_studied(const std::vector<Bases>& sequences) {
  std::vector<Studied> all(sequences.size());
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].where.start = 0;
    all[i].where.end = static_cast<int64_t>(sequences[i].size());
    all[i].bases = sequences[i];
  }
  return all;
}

Cutter cutter_of(std::shared_ptr<const Tokenizer> tokenizer) {
  return [tokenizer = std::move(tokenizer)](const std::vector<Bases>& sequences, int64_t offset) {
    std::vector<Window> windows;
    for (const Bases& bases : sequences) {
      const auto length = static_cast<int64_t>(bases.size());
      windows.push_back({bases, {.start = offset, .end = offset + length}});
    }
    std::vector<std::vector<int64_t>> all;
    for (const Tokens& tokens : tokenizer->encode(windows)) {
      std::vector<int64_t>& cuts = all.emplace_back();
      const auto length = static_cast<int64_t>(sequences[all.size() - 1].size());
      for (size_t t = 0; t < tokens.size(); ++t) {
        for (const int64_t at :
             {int64_t{tokens.covers[t].start}, int64_t{tokens.covers[t].end()}}) {
          if (at > 0 && at < length && (cuts.empty() || cuts.back() != at)) cuts.push_back(at);
        }
      }
    }
    return all;
  };
}

Cutter cutter_of(std::function<Segmentation(const std::vector<Studied>&)> segments) {
  return [segments = std::move(segments)](const std::vector<Bases>& sequences, int64_t) {
    return segments(as_studied(sequences)).cuts;
  };
}

std::vector<Stability> stability(const Cutter& cut, int64_t own_lines,
                                 const std::vector<Studied>& regions, uint64_t seed) {
  const std::vector<Bases> stretches = drawn_stretches(regions, kStretches, seed);
  if (stretches.empty()) return {};
  const std::vector<Bases> plain = plain_stretches(stretches);
  std::vector<Bases> reverse, mutated = plain;
  Random random(seed, Purpose::kSample, 1);
  for (const Bases& stretch : plain) reverse.push_back(reverse_complement(stretch));
  for (Bases& stretch : mutated) {
    Base& base = stretch[kMutated];
    base = static_cast<Base>((base + 1 + random.below(3)) % 4);
  }
  const Cuts before = cut(plain, 0);
  std::vector<Stability> all;
  const auto add = [&](const std::string& change, const Cuts& after, const auto& moved,
                       const auto& compared) {
    all.push_back(compare_all(change, before, after, moved, compared, seed));
  };
  add(
      "starts one base earlier", cut(stretches, 0),
      [](int64_t start, int64_t end) {
        return Edges{start + 1, end + 1};
      },
      any_unit);
  add(
      "other strand", cut(reverse, 0),
      [](int64_t start, int64_t end) {
        return Edges{kLength - end, kLength - start};
      },
      any_unit);
  const auto apart = [](int64_t start, int64_t end) {
    return start > kMutated ? start - kMutated : end <= kMutated ? kMutated - end + 1 : 0;
  };
  const Cuts changed = cut(mutated, 0);
  add("substitution in the unit", changed, in_place,
      [&](int64_t start, int64_t end) { return apart(start, end) == 0; });
  add("substitution 1 to 10 bases away", changed, in_place, [&](int64_t start, int64_t end) {
    return apart(start, end) >= 1 && apart(start, end) <= kNear;
  });
  add("substitution 11 to 50 bases away", changed, in_place, [&](int64_t start, int64_t end) {
    return apart(start, end) > kNear && apart(start, end) <= kFar;
  });
  if (own_lines > 0) all.push_back(moved_lines(cut, own_lines, plain, before, seed));
  return all;
}

Stability line_stability(const Cutter& cut, int64_t own_lines, const std::vector<Studied>& regions,
                         size_t stretches, uint64_t seed) {
  const std::vector<Bases> plain = plain_stretches(drawn_stretches(regions, stretches, seed));
  return moved_lines(cut, own_lines, plain, cut(plain, 0), seed);
}

}  // namespace lexome
