#include "data/baselines.h"

#include <fmt/format.h>

#include "data/kmer_baseline.h"
#include "data/position_baseline.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// The shares of the classes in train, whatever the sequence; their mean value for regression.
FittedBaseline fit_majority(const LabelledSet& train, const LabelledSet& dev,
                            const LabelledSet& test, uint64_t, int) {
  if (train.rows.empty()) throw InputError("a baseline needs rows to learn from");
  std::vector<double> guess(train.regression ? 1 : train.classes.size(), 0.0);
  for (const LabelledRow& row : train.rows) {
    if (train.regression) {
      guess[0] += static_cast<double>(row.value);
    } else {
      guess[static_cast<size_t>(row.label)] += 1;
    }
  }
  for (double& value : guess) value /= static_cast<double>(train.rows.size());
  FittedBaseline fitted;
  fitted.settings = train.regression ? "the mean of train" : "class shares of train";
  fitted.parameters = static_cast<int64_t>(guess.size());
  fitted.trials = 1;
  fitted.flops = static_cast<double>(train.rows.size());
  fitted.dev.assign(dev.rows.size(), guess);
  fitted.test.assign(test.rows.size(), guess);
  return fitted;
}

int64_t parameters_of(const LinearModel& model) {
  return static_cast<int64_t>(model.weights.size() + model.intercepts.size());
}

FittedBaseline fit_kmer_lr(const LabelledSet& train, const LabelledSet& dev,
                           const LabelledSet& test, uint64_t, int threads) {
  const KmerBaseline model = fit_kmer_baseline(train, dev, threads);
  FittedBaseline fitted;
  fitted.settings = fmt::format("k = {}, {}, C = {:g}", model.k,
                                model.canonical ? "both strands as one" : "one strand", model.c);
  fitted.parameters = parameters_of(model.model);
  fitted.trials = model.trials;
  fitted.flops = model.flops;
  fitted.dev = model.predict(dev);
  fitted.test = model.predict(test);
  return fitted;
}

FittedBaseline fit_kmer_position(const LabelledSet& train, const LabelledSet& dev,
                                 const LabelledSet& test, uint64_t, int threads) {
  PositionBaseline model = fit_position_baseline(train, dev, test, threads);
  FittedBaseline fitted;
  fitted.settings = fmt::format("k = {}, bins of {} bp from the middle, C = {:g}", model.bins.k,
                                model.bins.width, model.c);
  fitted.parameters = parameters_of(model.model);
  fitted.trials = model.trials;
  fitted.flops = model.flops;
  fitted.dev = std::move(model.dev);
  fitted.test = std::move(model.test);
  return fitted;
}

}  // namespace

const std::vector<Baseline>& baselines() {
  static const std::vector<Baseline> table = {
      {"majority", "the shares of the classes in train, or the mean value", fit_majority},
      {"kmer-lr", "linear model of k-mer counts; k, strands and penalty chosen on dev",
       fit_kmer_lr},
      {"kmer-position",
       "linear model of k-mers at their positions; k, bins and penalty chosen on dev",
       fit_kmer_position},
  };
  return table;
}

}  // namespace lexome
