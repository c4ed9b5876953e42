// Percentile bootstrap with linear interpolation between order statistics (NumPy's default
// quantile). Replicates whose metric has no meaning (a resample of one class) are left out; when
// more than half are, no interval is given.
#include "report/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "base/threads.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double mean_score(const RunScore& score, std::span<const size_t> runs,
                  std::span<const int64_t> items) {
  double sum = 0;
  for (const size_t run : runs) sum += score(run, items);
  return sum / static_cast<double>(runs.size());
}

// Runs by cluster, in order of first appearance.
std::vector<std::vector<size_t>> members_of(const RunClusters& runs) {
  std::vector<int64_t> names;
  std::vector<std::vector<size_t>> members;
  for (size_t run = 0; run < runs.size(); ++run) {
    const auto found = std::find(names.begin(), names.end(), runs[run]);
    if (found == names.end()) {
      names.push_back(runs[run]);
      members.push_back({run});
    } else {
      members[static_cast<size_t>(found - names.begin())].push_back(run);
    }
  }
  return members;
}

std::vector<size_t> draw_runs(const std::vector<std::vector<size_t>>& clusters, Random* random) {
  std::vector<size_t> runs;
  for (size_t i = 0; i < clusters.size(); ++i) {
    const std::vector<size_t>& cluster = clusters[random->below(clusters.size())];
    for (size_t k = 0; k < cluster.size(); ++k)
      runs.push_back(cluster[random->below(cluster.size())]);
  }
  return runs;
}

void finish_interval(std::vector<double> replicates, const BootstrapOptions& options,
                     Estimate* estimate) {
  const size_t asked = replicates.size();
  replicates.erase(
      std::remove_if(replicates.begin(), replicates.end(), [](double v) { return std::isnan(v); }),
      replicates.end());
  if (replicates.empty() || replicates.size() * 2 < asked) {
    estimate->low = estimate->high = estimate->p_value = kNan;
    return;
  }
  std::sort(replicates.begin(), replicates.end());
  const double tail = (1 - options.level) / 2;
  estimate->low = quantile(replicates, tail);
  estimate->high = quantile(replicates, 1 - tail);
  const auto not_above = static_cast<double>(
      std::upper_bound(replicates.begin(), replicates.end(), 0.0) - replicates.begin());
  const auto not_below = static_cast<double>(
      replicates.end() - std::lower_bound(replicates.begin(), replicates.end(), 0.0));
  // One is added to both counts: a bootstrap of R replicates cannot show a p-value below 1 / (R +
  // 1).
  const auto total = static_cast<double>(replicates.size());
  estimate->p_value = std::min(1.0, 2 * (std::min(not_above, not_below) + 1) / (total + 1));
}

}  // namespace

Estimate bootstrap_mean(const RunClusters& runs, int64_t items, const RunScore& score,
                        const BootstrapOptions& options) {
  // The difference to a model that always scores 0.
  const RunScore zero = [](size_t, std::span<const int64_t>) { return 0.0; };
  return paired_difference(runs, {0}, false, items, score, zero, options);
}

Estimate paired_difference(const RunClusters& runs_a, const RunClusters& runs_b, bool paired_runs,
                           int64_t items, const RunScore& score_a, const RunScore& score_b,
                           const BootstrapOptions& options) {
  if (runs_a.empty() || runs_b.empty() || items <= 0) {
    throw InputError("a comparison needs at least one run a side and one item");
  }
  if (paired_runs && runs_a != runs_b) {
    throw InputError("runs paired by seed: the two sides have different seeds");
  }
  const auto clusters_a = members_of(runs_a), clusters_b = members_of(runs_b);
  std::vector<int64_t> all_items(static_cast<size_t>(items));
  std::iota(all_items.begin(), all_items.end(), int64_t{0});
  std::vector<size_t> all_a(runs_a.size()), all_b(runs_b.size());
  std::iota(all_a.begin(), all_a.end(), size_t{0});
  std::iota(all_b.begin(), all_b.end(), size_t{0});

  Estimate estimate;
  estimate.value = mean_score(score_a, all_a, all_items) - mean_score(score_b, all_b, all_items);
  estimate.runs = static_cast<int64_t>(std::max(runs_a.size(), runs_b.size()));
  estimate.items = items;

  std::vector<double> replicates(static_cast<size_t>(std::max(options.replicates, 0)));
  parallel_for(static_cast<int64_t>(replicates.size()), 16, options.threads,
               [&](int64_t begin, int64_t end) {
                 std::vector<int64_t> drawn(all_items.size());
                 for (int64_t r = begin; r < end; ++r) {
                   Random random(options.seed, Purpose::kBootstrap, static_cast<uint64_t>(r));
                   const std::vector<size_t> a = draw_runs(clusters_a, &random);
                   const std::vector<size_t> b = paired_runs ? a : draw_runs(clusters_b, &random);
                   for (int64_t& item : drawn) {
                     item = static_cast<int64_t>(random.below(static_cast<uint64_t>(items)));
                   }
                   replicates[static_cast<size_t>(r)] =
                       mean_score(score_a, a, drawn) - mean_score(score_b, b, drawn);
                 }
               });
  finish_interval(std::move(replicates), options, &estimate);
  return estimate;
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> corrected(p_values.size(), kNan);
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    largest = std::max(largest, std::min(1.0, left * p_values[order[rank]]));
    corrected[order[rank]] = largest;
  }
  return corrected;
}

}  // namespace lexome
