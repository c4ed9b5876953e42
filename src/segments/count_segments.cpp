// Cuts from counts of n-grams.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/threads.h"
#include "lexome/error.h"
#include "segments/segmentation.h"

namespace lexome {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kGrain = 1 << 16;

std::span<const double> counts_of(const PmiTable& table, int n) {
  const std::span<const double> counts = table.counts(n);
  if (counts.empty()) {
    throw InputError(fmt::format(
        "this table of n-grams holds no counts of length {}: make one with `lexome vocab pmi`", n));
  }
  return counts;
}

// Codes of the n bases from every place on, or -1 where one of them is N or they run out.
std::vector<int64_t> codes_from(BasesView bases, int n) {
  std::vector<int64_t> codes(bases.size(), -1);
  const int64_t mask = (int64_t{1} << (2 * n)) - 1;
  int64_t code = 0;
  int known = 0;
  for (size_t i = 0; i < bases.size(); ++i) {
    known = bases[i] > 3 ? 0 : known + 1;
    code = (code << 2 | (bases[i] & 3)) & mask;
    if (known >= n) codes[i + 1 - static_cast<size_t>(n)] = code;
  }
  return codes;
}

// score(at) of every place between two bases, NaN where there is none; cuts at strict maxima.
template <class Score>
std::vector<int64_t> cuts_at_maxima(const Studied& region, int threads, const Score& score) {
  const auto length = static_cast<int64_t>(region.bases.size());
  std::vector<double> scores(static_cast<size_t>(length) + 1, kNone);
  parallel_for(length, kGrain, threads, [&](int64_t begin, int64_t end) {
    for (int64_t at = std::max<int64_t>(1, begin); at < end; ++at)
      scores[static_cast<size_t>(at)] = score(at);
  });
  std::vector<int64_t> cuts;
  for (size_t at = 1; at + 1 < scores.size(); ++at) {
    if (scores[at] > scores[at - 1] && scores[at] > scores[at + 1])
      cuts.push_back(region.where.start + static_cast<int64_t>(at));
  }
  return cuts;
}

// Entropy in nats of four counts, half a count added to each.
double entropy(const std::array<double, 4>& counts) {
  double total = 0, sum = 0;
  for (const double count : counts) total += count + 0.5;
  for (const double count : counts) {
    const double share = (count + 0.5) / total;
    sum -= share * std::log(share);
  }
  return sum;
}

}  // namespace

Segmentation pmi_segments(const PmiTable& table, const std::vector<Studied>& regions, int threads) {
  const int half = table.header().longest / 2;
  if (half < 1) throw InputError("a table of n-grams needs at least length 2 to cut by PMI");
  const std::span<const double> whole = counts_of(table, 2 * half), part = counts_of(table, half);
  const auto log_of = [](double count) { return std::log(std::max(count, 0.5)); };
  Segmentation out;
  out.name = "PMI";
  out.about = fmt::format("cuts where {} bases and the next {} belong together least", half, half);
  for (const Studied& region : regions) {
    const std::vector<int64_t> wholes = codes_from(region.bases, 2 * half),
                               parts = codes_from(region.bases, half);
    out.cuts.push_back(cuts_at_maxima(region, threads, [&](int64_t at) {
      const auto left = static_cast<size_t>(at - half), right = static_cast<size_t>(at);
      if (at < half || wholes[left] < 0) return kNone;
      return log_of(part[static_cast<size_t>(parts[left])]) +
             log_of(part[static_cast<size_t>(parts[right])]) -
             log_of(whole[static_cast<size_t>(wholes[left])]);
    }));
  }
  return out;
}

Segmentation entropy_segments(const PmiTable& table, const std::vector<Studied>& regions,
                              int threads) {
  const int n = table.header().longest, context = n - 1;
  if (context < 1) throw InputError("a table of n-grams needs at least length 2 to cut by entropy");
  const std::span<const double> counts = counts_of(table, n);
  const size_t contexts = size_t{1} << (2 * context);
  std::vector<double> next(contexts), previous(contexts);
  for (size_t code = 0; code < contexts; ++code) {
    std::array<double, 4> after{}, before{};
    for (size_t base = 0; base < 4; ++base) {
      after[base] = counts[code << 2 | base];
      before[base] = counts[base << (2 * context) | code];
    }
    next[code] = entropy(after);
    previous[code] = entropy(before);
  }
  Segmentation out;
  out.name = "branching entropy";
  out.about =
      fmt::format("cuts where the next base is most open, given {} on either side", context);
  for (const Studied& region : regions) {
    const std::vector<int64_t> codes = codes_from(region.bases, context);
    out.cuts.push_back(cuts_at_maxima(region, threads, [&](int64_t at) {
      if (at < context) return kNone;
      const int64_t left = codes[static_cast<size_t>(at - context)],
                    right = codes[static_cast<size_t>(at)];
      return left < 0 || right < 0
                 ? kNone
                 : next[static_cast<size_t>(left)] + previous[static_cast<size_t>(right)];
    }));
  }
  return out;
}

}  // namespace lexome
