// The grid of the k-mer baseline. Fits of one k start from the fit before, whose penalty was
// stronger.
#include "data/kmer_baseline.h"

#include <limits>

#include "data/linear_problem.h"

namespace lexome {
namespace {

constexpr int kKs[] = {3, 4, 5, 6};
constexpr double kCs[] = {0.1, 1.0, 10.0, 100.0};

}  // namespace

std::vector<std::vector<double>> KmerBaseline::predict(const LabelledSet& set) const {
  std::vector<std::vector<double>> out = model.predict(kmer_features(set.rows, k, canonical));
  if (model.loss == LinearLoss::kLogistic) return out;
  for (std::vector<double>& row : out) row[0] = value_mean + value_scale * row[0];
  return out;
}

KmerBaseline fit_kmer_baseline(const LabelledSet& train, const LabelledSet& dev, int threads) {
  LinearProblem problem(train, dev, threads);
  KmerBaseline trial, best;
  trial.value_mean = problem.value_mean();
  trial.value_scale = problem.value_scale();
  best.dev_loss = std::numeric_limits<double>::infinity();
  for (const bool canonical : {false, true}) {
    trial.canonical = canonical;
    for (const int k : kKs) {
      trial.k = k;
      trial.model = LinearModel();
      const SparseRows features = kmer_features(train.rows, k, canonical);
      const SparseRows of_dev = kmer_features(dev.rows, k, canonical);
      double previous = std::numeric_limits<double>::infinity();
      for (const double c : kCs) {
        trial.c = c;
        const LinearModel before = trial.model;
        trial.model = problem.fit(features, c, &before);
        trial.dev_loss = problem.dev_loss(problem.predict(trial.model, of_dev));
        if (trial.dev_loss < best.dev_loss) best = trial;
        if (trial.dev_loss > previous) break;
        previous = trial.dev_loss;
      }
    }
  }
  best.trials = problem.trials();
  best.flops = problem.flops();
  return best;
}

}  // namespace lexome
