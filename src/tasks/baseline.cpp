#include "tasks/baseline.h"

#include <chrono>

#include "base/log.h"
#include "data/kmer_baseline.h"
#include "tasks/finetune_results.h"

namespace lexome {
namespace {

Scored predicted(const KmerBaseline& baseline, const LabelledSet& set) {
  Scored scored = scored_truth(set);
  for (const std::vector<double>& row : baseline.predict(set)) {
    scored.scores.insert(scored.scores.end(), row.begin(), row.end());
  }
  return scored;
}

}  // namespace

BaselineScores score_kmer_baseline(const FinetuneData& data, const ResultRow& about, int threads,
                                   ResultTable* table) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const KmerBaseline fitted = fit_kmer_baseline(data.train, data.dev, threads);
  BaselineScores scores;
  ResultRow& row = scores.about;
  row.suite = about.suite;
  row.task = about.task;
  row.model = kKmerBaseline;
  row.role = kRoleBaseline;
  row.finetune_seed = about.finetune_seed;
  row.params_total =
      static_cast<int64_t>(fitted.model.weights.size() + fitted.model.intercepts.size());
  row.params_trunk = row.params_total;
  row.params_embedding = 0;
  row.bases_seen = 0;
  row.wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
  row.recipe = about.recipe;
  log::info("{}: k = {} and C = {} chosen on dev, {} weights", kKmerBaseline, fitted.k, fitted.c,
            row.params_total);
  scores.dev = predicted(fitted, data.dev);
  add_result_rows(scores.dev, "dev", data.dev, nullptr, row, threads, table);
  scores.test = scored_truth(data.test);
  if (data.test.rows.empty()) return scores;
  scores.test = predicted(fitted, data.test);
  add_result_rows(scores.test, "test", data.test, &data.test_duplicates, row, threads, table);
  return scores;
}

}  // namespace lexome
