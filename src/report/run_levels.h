// The hierarchy of runs behind a score: pre-training seeds, draws of training rows, fine-tuning
// seeds. How they are resampled, and how much of a score's variance each level accounts for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "report/statistics.h"

namespace lexome {

class RunLevels {
 public:
  explicit RunLevels(const RunPlaces& runs);
  const std::vector<int64_t>& draws() const { return draws_; }  // distinct, ascending
  const std::vector<size_t>& all() const { return all_; }

  // As many draws as there are, with replacement, by their index; one draw stays as it is.
  std::vector<size_t> resample_draws(Random* random) const;
  // Pre-training seeds with replacement, and runs with replacement within each of these and each of
  // the draws given. Cells without runs (a run that failed) contribute none.
  std::vector<size_t> resample(const std::vector<size_t>& draws, Random* random) const;

  // Runs by pre-training seed and draw.
  const std::vector<std::vector<std::vector<size_t>>>& cells() const { return cells_; }

 private:
  std::vector<int64_t> draws_;
  std::vector<size_t> all_;
  std::vector<std::vector<std::vector<size_t>>> cells_;  // [pre-training seed][draw]
};

// Mean of the scores of some runs, repeats allowed; NaN without runs.
double mean_of_runs(const std::vector<double>& scores, const std::vector<size_t>& runs);

// An estimate of a variance and its degrees of freedom; 0 degrees: it cannot be told.
struct Component {
  double variance = 0, freedom = 0;
};

// What each level contributes to the variance of a mean score, or of a difference of two.
struct Spread {
  Component draws;                  // of the means of draws; holds that of fine-tuning seeds
  std::vector<Component> pretrain;  // a side each; of the means of pre-training seeds, likewise
  std::vector<Component> finetune;  // a side each
};
Spread spread_of_pairs(const RunLevels& runs, const std::vector<double>& scores_a,
                       const std::vector<double>& scores_b);
Spread spread_of_sides(const RunLevels& runs_a, const std::vector<double>& scores_a,
                       const RunLevels& runs_b, const std::vector<double>& scores_b);

// The factor of `few_runs` (report/statistics.h): `of_items` is the variance that resampling
// `items` items alone shows, `shown` that of all replicates.
double widening(const Spread& spread, double of_items, int64_t items, double shown, double level);

}  // namespace lexome
