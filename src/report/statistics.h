// How sure a score or a difference of two scores is, by bootstrap. Everything is a pure function of
// the numbers and a seed: replicate r draws from its own counter-based stream, so threads change
// nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace lexome {

struct BootstrapOptions {
  int replicates = 2000;
  double level = 0.95;
  uint64_t seed = 1;
  int threads = 1;
};

struct Estimate {
  double value = 0;          // on the data as they are
  double low = 0, high = 0;  // percentile interval; NaN when too few replicates could be scored
  double p_value = 1;        // two-sided share of replicates on the far side of 0
  int64_t runs = 0, items = 0;
  bool includes_zero() const { return !(low > 0 || high < 0); }
};

// Score of run `run` (a seed) on a multiset of items. May return NaN where the metric has no
// meaning.
using RunScore = std::function<double(size_t run, std::span<const int64_t> items)>;

// Which runs hang together: the cluster (pre-training seed) of each run. Runs of one cluster differ
// by their fine-tuning seed only.
using RunClusters = std::vector<int64_t>;

// Mean score over runs, with an interval over pre-training seed > fine-tuning seed > item.
Estimate bootstrap_mean(const RunClusters& runs, int64_t items, const RunScore& score,
                        const BootstrapOptions& options);

// Mean score of model A minus mean score of model B on the same items, with an interval over
// cluster > run > item. Each replicate draws clusters with replacement, runs within each drawn
// cluster, and one resample of the items, which all runs of both models share: the test items are
// the same for every seed (crossed, not nested), and drawing them afresh for each seed would
// average their variance away. Runs are drawn in pairs when `paired_runs` (the i-th run of A and of
// B share their seeds; the clusters must agree), else for each model on its own. With one run a
// side the interval speaks of items only. InputError when a side has no run or there is no item.
Estimate paired_difference(const RunClusters& runs_a, const RunClusters& runs_b, bool paired_runs,
                           int64_t items, const RunScore& score_a, const RunScore& score_b,
                           const BootstrapOptions& options);

// Holm's step-down correction of p-values for one family of tests; order kept, NaN stays NaN.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace lexome
