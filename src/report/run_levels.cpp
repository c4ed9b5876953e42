#include "report/run_levels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lexome {
namespace {

// Variance of the mean of these.
Component of_mean(const std::vector<double>& values) {
  if (values.size() < 2) return {};
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {squares / (n - 1) / n, n - 1};
}

// Mean score of each draw, over all cells that hold it.
std::vector<double> draw_means(const RunLevels& runs, const std::vector<double>& scores) {
  std::vector<double> means;
  for (size_t d = 0; d < runs.draws().size(); ++d) {
    std::vector<size_t> members;
    for (const auto& seed : runs.cells()) {
      members.insert(members.end(), seed[d].begin(), seed[d].end());
    }
    means.push_back(mean_of_runs(scores, members));
  }
  return means;
}

Component pretrain_of(const RunLevels& runs, const std::vector<double>& scores) {
  std::vector<double> means;
  for (const auto& seed : runs.cells()) {
    std::vector<size_t> members;
    for (const std::vector<size_t>& cell : seed) {
      members.insert(members.end(), cell.begin(), cell.end());
    }
    means.push_back(mean_of_runs(scores, members));
  }
  return of_mean(means);
}

// Pooled over cells.
Component finetune_of(const RunLevels& runs, const std::vector<double>& scores) {
  double squares = 0, freedom = 0;
  for (const auto& seed : runs.cells()) {
    for (const std::vector<size_t>& cell : seed) {
      if (cell.empty()) continue;
      const double mean = mean_of_runs(scores, cell);
      for (const size_t run : cell) squares += (scores[run] - mean) * (scores[run] - mean);
      freedom += static_cast<double>(cell.size() - 1);
    }
  }
  if (freedom == 0) return {};
  return {squares / freedom / static_cast<double>(runs.all().size()), freedom};
}

}  // namespace

double mean_of_runs(const std::vector<double>& scores, const std::vector<size_t>& runs) {
  double sum = 0;
  for (const size_t run : runs) sum += scores[run];
  return sum / static_cast<double>(runs.size());
}

RunLevels::RunLevels(const RunPlaces& runs) : all_(runs.size()) {
  std::iota(all_.begin(), all_.end(), size_t{0});
  std::vector<int64_t> seeds;
  for (const RunPlace& run : runs) draws_.push_back(run.draw);
  std::sort(draws_.begin(), draws_.end());
  draws_.erase(std::unique(draws_.begin(), draws_.end()), draws_.end());
  for (size_t r = 0; r < runs.size(); ++r) {
    const auto seed = std::find(seeds.begin(), seeds.end(), runs[r].pretrain_seed);
    const auto s = static_cast<size_t>(seed - seeds.begin());
    if (seed == seeds.end()) {
      seeds.push_back(runs[r].pretrain_seed);
      cells_.emplace_back(draws_.size());
    }
    const auto draw = std::lower_bound(draws_.begin(), draws_.end(), runs[r].draw);
    cells_[s][static_cast<size_t>(draw - draws_.begin())].push_back(r);
  }
}

std::vector<size_t> RunLevels::resample_draws(Random* random) const {
  std::vector<size_t> drawn(draws_.size(), 0);
  if (drawn.size() == 1) return drawn;
  for (size_t& draw : drawn) draw = random->below(draws_.size());
  return drawn;
}

std::vector<size_t> RunLevels::resample(const std::vector<size_t>& draws, Random* random) const {
  std::vector<size_t> runs;
  for (size_t i = 0; i < cells_.size(); ++i) {
    const auto& seed = cells_[random->below(cells_.size())];
    for (const size_t draw : draws) {
      const std::vector<size_t>& cell = seed[draw];
      for (size_t k = 0; k < cell.size(); ++k) runs.push_back(cell[random->below(cell.size())]);
    }
  }
  return runs;
}

Spread spread_of_pairs(const RunLevels& runs, const std::vector<double>& scores_a,
                       const std::vector<double>& scores_b) {
  std::vector<double> differences;
  for (size_t r = 0; r < scores_a.size(); ++r) differences.push_back(scores_a[r] - scores_b[r]);
  return {of_mean(draw_means(runs, differences)),
          {pretrain_of(runs, differences)},
          {finetune_of(runs, differences)}};
}

Spread spread_of_sides(const RunLevels& runs_a, const std::vector<double>& scores_a,
                       const RunLevels& runs_b, const std::vector<double>& scores_b) {
  std::vector<double> means = draw_means(runs_a, scores_a);
  const std::vector<double> other = draw_means(runs_b, scores_b);
  for (size_t d = 0; d < means.size(); ++d) means[d] -= other[d];
  return {of_mean(means),
          {pretrain_of(runs_a, scores_a), pretrain_of(runs_b, scores_b)},
          {finetune_of(runs_a, scores_a), finetune_of(runs_b, scores_b)}};
}

double widening(const Spread& spread, double of_items, int64_t items, double shown, double level) {
  // Means of draws and of pre-training seeds both hold what fine-tuning seeds contribute: it is
  // taken away where it would count twice, and added where neither level is there to show it.
  const bool has_draws = spread.draws.freedom > 0;
  double all = of_items + spread.draws.variance, pretrain = 0;
  double doubt = of_items * of_items / std::max(1.0, static_cast<double>(items - 1));
  const auto add_doubt = [&](const Component& part) {
    if (part.freedom > 0) doubt += part.variance * part.variance / part.freedom;
  };
  add_doubt(spread.draws);
  for (size_t side = 0; side < spread.pretrain.size(); ++side) {
    const Component& seeds = spread.pretrain[side];
    const Component& runs = spread.finetune[side];
    all += seeds.variance;
    pretrain += seeds.variance;
    add_doubt(seeds);
    if (has_draws == (seeds.freedom > 0)) {
      all += has_draws ? -runs.variance : runs.variance;
      add_doubt(runs);
    }
  }
  all = std::max({all, of_items + spread.draws.variance, of_items + pretrain});
  if (!(all > 0) || !(shown > 0) || !(doubt > 0)) return 1;
  const double share = 1 - (1 - level) / 2;
  const double freedom = all * all / doubt;
  return student_quantile(share, freedom) / normal_quantile(share) * std::sqrt(all / shown);
}

}  // namespace lexome
