#include "segments/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "base/threads.h"
#include "report/statistics.h"

namespace lexome {
namespace {

constexpr int kTolerances = 3;
constexpr int64_t kShuffled = 1000;   // bases within which units change places
constexpr int64_t kStretch = 10'000;  // what the bootstrap draws
constexpr size_t kFewStretches = 5;
constexpr int kGcReach = 10;

struct Counts {
  double cuts = 0, boundaries = 0;
  std::array<double, kTolerances> near_cuts{}, near_boundaries{};

  void add(const Counts& other, double weight) {
    cuts += weight * other.cuts;
    boundaries += weight * other.boundaries;
    for (size_t t = 0; t < kTolerances; ++t) {
      near_cuts[t] += weight * other.near_cuts[t];
      near_boundaries[t] += weight * other.near_boundaries[t];
    }
  }
};

Rates rates_of(const Counts& counts, size_t tolerance) {
  Rates rates;
  rates.precision = counts.near_cuts[tolerance] / counts.cuts;
  rates.recall = counts.near_boundaries[tolerance] / counts.boundaries;
  const double sum = rates.precision + rates.recall;
  rates.f1 = sum > 0 ? 2 * rates.precision * rates.recall / sum : 0 * sum;
  return rates;
}

Rates minus(const Rates& a, const Rates& b) {
  return {a.precision - b.precision, a.recall - b.recall, a.f1 - b.f1};
}

// Those within the blocks, their edges included.
std::vector<int64_t> within(const std::vector<int64_t>& positions, const std::vector<Block>& area) {
  std::vector<int64_t> kept;
  size_t block = 0;
  for (const int64_t at : positions) {
    while (block < area.size() && area[block].end < at) ++block;
    if (block < area.size() && at >= area[block].start) kept.push_back(at);
  }
  return kept;
}

// For each position the distance to the nearest of `others`, capped.
template <class Use>
void each_distance(const std::vector<int64_t>& positions, const std::vector<int64_t>& others,
                   const Use& use) {
  size_t next = 0;
  for (const int64_t at : positions) {
    while (next < others.size() && others[next] < at) ++next;
    int64_t distance = kTolerances;
    if (next < others.size()) distance = std::min(distance, others[next] - at);
    if (next > 0) distance = std::min(distance, at - others[next - 1]);
    use(at, distance);
  }
}

class Comparison {
 public:
  Comparison(const std::vector<Studied>& regions, const Segmentation& segments,
             const Landmark& landmark, const AgreementOptions& options)
      : regions_(regions), segments_(segments), landmark_(landmark), options_(options) {
    for (const Studied& region : regions) {
      first_stretch_.push_back(stretches_);
      stretches_ += static_cast<size_t>(region.where.length() / kStretch + 1);
    }
    for (size_t i = 0; i < regions.size(); ++i) {
      cuts_.push_back(within(segments.cuts[i], landmark.area[i]));
    }
    index_places();
  }

  std::vector<Agreement> run() {
    const std::vector<Counts> observed = counts_of(cuts_, landmark_.at);
    std::vector<std::vector<Counts>> by_lengths(static_cast<size_t>(options_.draws)),
        by_gc(by_lengths.size());
    parallel_for(options_.draws, 1, options_.threads, [&](int64_t begin, int64_t end) {
      for (auto d = static_cast<size_t>(begin); d < static_cast<size_t>(end); ++d) {
        std::vector<std::vector<int64_t>> cuts;
        for (size_t i = 0; i < regions_.size(); ++i) {
          cuts.push_back(within(
              shuffled_cuts(regions_[i], segments_.cuts[i], landmark_.area[i], options_.seed, d, i),
              landmark_.area[i]));
        }
        by_lengths[d] = counts_of(cuts, landmark_.at);
        by_gc[d] = counts_of(cuts_, elsewhere(d));
      }
    });
    const std::vector<Counts> lengths = mean(by_lengths), gc = mean(by_gc);
    const Counts all = sum(observed), all_lengths = sum(lengths), all_gc = sum(gc);
    std::vector<Agreement> out;
    for (size_t t = 0; t < kTolerances; ++t) {
      Agreement one;
      one.tolerance = static_cast<int>(t);
      one.cuts = std::llround(all.cuts);
      one.boundaries = std::llround(all.boundaries);
      one.observed = rates_of(all, t);
      one.lengths = excess(observed, lengths, all, all_lengths, t);
      one.gc = excess(observed, gc, all, all_gc, t);
      out.push_back(one);
    }
    return out;
  }

 private:
  size_t stretch(size_t region, int64_t at) const {
    return first_stretch_[region] +
           static_cast<size_t>((at - regions_[region].where.start) / kStretch);
  }

  std::vector<Counts> counts_of(const std::vector<std::vector<int64_t>>& cuts,
                                const std::vector<std::vector<int64_t>>& boundaries) const {
    std::vector<Counts> counts(stretches_);
    for (size_t i = 0; i < regions_.size(); ++i) {
      each_distance(cuts[i], boundaries[i], [&](int64_t at, int64_t distance) {
        Counts& here = counts[stretch(i, at)];
        ++here.cuts;
        for (auto t = static_cast<size_t>(distance); t < kTolerances; ++t) ++here.near_cuts[t];
      });
      each_distance(boundaries[i], cuts[i], [&](int64_t at, int64_t distance) {
        Counts& here = counts[stretch(i, at)];
        ++here.boundaries;
        for (auto t = static_cast<size_t>(distance); t < kTolerances; ++t)
          ++here.near_boundaries[t];
      });
    }
    return counts;
  }

  // Places of the area by how many of the bases around are G or C.
  void index_places() {
    places_.resize(2 * kGcReach + 2);
    gc_.resize(regions_.size());
    for (size_t i = 0; i < regions_.size(); ++i) {
      const Bases& bases = regions_[i].bases;
      const auto length = static_cast<int64_t>(bases.size());
      std::vector<int32_t> before(bases.size() + 1, 0);
      for (size_t p = 0; p < bases.size(); ++p)
        before[p + 1] = before[p] + (bases[p] == kC || bases[p] == kG);
      gc_[i].resize(bases.size() + 1);
      for (int64_t p = 0; p <= length; ++p) {
        gc_[i][static_cast<size_t>(p)] =
            static_cast<uint8_t>(before[static_cast<size_t>(std::min(length, p + kGcReach))] -
                                 before[static_cast<size_t>(std::max<int64_t>(0, p - kGcReach))]);
      }
      for (const Block& block : landmark_.area[i]) {
        for (int64_t at = std::max(block.start, regions_[i].where.start + 1);
             at <= block.end && at < regions_[i].where.end; ++at) {
          places_[gc_at(i, at)].push_back({static_cast<uint32_t>(i), at});
        }
      }
    }
  }
  size_t gc_at(size_t region, int64_t at) const {
    return gc_[region][static_cast<size_t>(at - regions_[region].where.start)];
  }

  // As many boundaries of the same GC, each drawn on its own.
  std::vector<std::vector<int64_t>> elsewhere(uint64_t draw) const {
    std::vector<std::vector<int64_t>> drawn(regions_.size());
    for (size_t i = 0; i < regions_.size(); ++i) {
      Random random(options_.seed, Purpose::kSample, draw, i);
      for (const int64_t at : landmark_.at[i]) {
        const auto& like = places_[gc_at(i, at)];
        if (like.empty()) continue;
        const auto& [region, place] = like[random.below(like.size())];
        drawn[region].push_back(place);
      }
    }
    for (std::vector<int64_t>& at : drawn) std::sort(at.begin(), at.end());
    return drawn;
  }

  static std::vector<Counts> mean(const std::vector<std::vector<Counts>>& draws) {
    std::vector<Counts> out(draws.front().size());
    for (const std::vector<Counts>& draw : draws) {
      for (size_t s = 0; s < out.size(); ++s)
        out[s].add(draw[s], 1.0 / static_cast<double>(draws.size()));
    }
    return out;
  }
  static Counts sum(const std::vector<Counts>& stretches) {
    Counts all;
    for (const Counts& one : stretches) all.add(one, 1);
    return all;
  }

  Excess excess(const std::vector<Counts>& observed, const std::vector<Counts>& null,
                const Counts& all, const Counts& all_null, size_t t) const {
    Excess out;
    out.null = rates_of(all_null, t);
    out.value = minus(rates_of(all, t), out.null);
    std::vector<size_t> used;
    for (size_t s = 0; s < stretches_; ++s) {
      if (observed[s].cuts + observed[s].boundaries + null[s].boundaries > 0) used.push_back(s);
    }
    out.low = out.high = std::numeric_limits<double>::quiet_NaN();
    if (used.size() < kFewStretches) return out;
    std::vector<double> values;
    for (int r = 0; r < options_.replicates; ++r) {
      Random random(options_.seed, Purpose::kBootstrap, static_cast<uint64_t>(r));
      Counts drawn, drawn_null;
      for (size_t n = 0; n < used.size(); ++n) {
        const size_t s = used[random.below(used.size())];
        drawn.add(observed[s], 1);
        drawn_null.add(null[s], 1);
      }
      const double value = rates_of(drawn, t).f1 - rates_of(drawn_null, t).f1;
      if (!std::isnan(value)) values.push_back(value);
    }
    if (values.size() < 2) return out;
    std::sort(values.begin(), values.end());
    out.low = sorted_quantile(values, 0.025);
    out.high = sorted_quantile(values, 0.975);
    return out;
  }

  const std::vector<Studied>& regions_;
  const Segmentation& segments_;
  const Landmark& landmark_;
  AgreementOptions options_;
  size_t stretches_ = 0;
  std::vector<size_t> first_stretch_;
  std::vector<std::vector<int64_t>> cuts_;
  std::vector<std::vector<uint8_t>> gc_;
  std::vector<std::vector<std::pair<uint32_t, int64_t>>> places_;
};

}  // namespace

std::vector<int64_t> shuffled_cuts(const Studied& region, const std::vector<int64_t>& cuts,
                                   const std::vector<Block>& area, uint64_t seed, uint64_t draw,
                                   uint64_t region_number) {
  const std::vector<int64_t> edges = unit_edges(region, cuts);
  std::vector<int64_t> out;
  Random random(seed, Purpose::kShuffle, draw, region_number);
  size_t block = 0;
  // The piece of the area that a unit starts in, by its first base; -1 outside.
  const auto piece_of = [&](int64_t start) -> int64_t {
    while (block < area.size() && area[block].end <= start) ++block;
    if (block == area.size() || start < area[block].start) return -1;
    return area[block].start + (start - area[block].start) / kShuffled * kShuffled;
  };
  for (size_t first = 0; first + 1 < edges.size();) {
    const int64_t piece = piece_of(edges[first]);
    size_t last = first + 1;  // behind the units of this piece
    while (piece >= 0 && last + 1 < edges.size() && piece_of(edges[last]) == piece) ++last;
    std::vector<int64_t> lengths;
    for (size_t i = first; i < last; ++i) lengths.push_back(edges[i + 1] - edges[i]);
    for (size_t i = lengths.size(); i > 1; --i) std::swap(lengths[i - 1], lengths[random.below(i)]);
    int64_t at = edges[first];
    for (const int64_t length : lengths) {
      at += length;
      if (at < region.where.end) out.push_back(at);
    }
    first = last;
  }
  return out;
}

std::vector<Agreement> agreement(const std::vector<Studied>& regions, const Segmentation& segments,
                                 const Landmark& landmark, const AgreementOptions& options) {
  return Comparison(regions, segments, landmark, options).run();
}

}  // namespace lexome
