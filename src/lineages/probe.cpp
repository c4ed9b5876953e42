#include "lineages/probe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/threads.h"
#include "data/logistic.h"
#include "lineages/task.h"

namespace lexome {
namespace {

constexpr double kCs[] = {1e-4, 1e-3, 1e-2, 1e-1, 1};
constexpr double kPlainC = 1e-2;

struct Scale {
  std::vector<double> mean, inverse;  // inverse: 0 for columns that do not vary
};

Scale scale_of(const SparseRows& rows, const std::vector<size_t>& items) {
  std::vector<double> sum(rows.columns, 0), squares(rows.columns, 0);
  for (const size_t r : items) {
    for (size_t j = rows.begin[r]; j < rows.begin[r + 1]; ++j) sum[rows.column[j]] += rows.value[j];
  }
  Scale scale;
  const auto count = static_cast<double>(items.size());
  for (const double one : sum) scale.mean.push_back(one / count);
  std::vector<double> present(rows.columns, 0);
  for (const size_t r : items) {
    for (size_t j = rows.begin[r]; j < rows.begin[r + 1]; ++j) {
      const double apart = rows.value[j] - scale.mean[rows.column[j]];
      squares[rows.column[j]] += apart * apart;
      present[rows.column[j]] += 1;
    }
  }
  for (size_t c = 0; c < rows.columns; ++c) {
    squares[c] += (count - present[c]) * scale.mean[c] * scale.mean[c];
    const double deviation = std::sqrt(squares[c] / count);
    scale.inverse.push_back(deviation > 1e-9 * (std::abs(scale.mean[c]) + 1e-6) ? 1 / deviation
                                                                                : 0);
  }
  return scale;
}

// Dense rows are centred as well: the model is the same, as its intercept is free, but it is found
// in far fewer steps.
SparseRows scaled(const SparseRows& rows, const std::vector<size_t>& items, const Scale& scale,
                  bool centre) {
  SparseRows out;
  out.columns = rows.columns;
  std::vector<double> dense(rows.columns);
  for (const size_t r : items) {
    if (centre) {
      for (size_t c = 0; c < rows.columns; ++c) dense[c] = -scale.mean[c] * scale.inverse[c];
      for (size_t j = rows.begin[r]; j < rows.begin[r + 1]; ++j) {
        dense[rows.column[j]] += rows.value[j] * scale.inverse[rows.column[j]];
      }
      for (size_t c = 0; c < rows.columns; ++c) {
        if (scale.inverse[c] == 0) continue;
        out.column.push_back(static_cast<uint32_t>(c));
        out.value.push_back(dense[c]);
      }
    } else {
      for (size_t j = rows.begin[r]; j < rows.begin[r + 1]; ++j) {
        if (scale.inverse[rows.column[j]] == 0) continue;
        out.column.push_back(rows.column[j]);
        out.value.push_back(rows.value[j] * scale.inverse[rows.column[j]]);
      }
    }
    out.begin.push_back(out.column.size());
  }
  return out;
}

}  // namespace

ProbeResult linear_probe(const ProbeRows& probe, int threads) {
  const auto train = static_cast<size_t>(TaskSide::kTrain),
             dev = static_cast<size_t>(TaskSide::kDev), test = static_cast<size_t>(TaskSide::kTest);
  const Scale scale = scale_of(*probe.rows, probe.items[train]);
  const bool centre = 2 * probe.rows->value.size() > probe.rows->rows() * probe.rows->columns;
  const SparseRows of_train = scaled(*probe.rows, probe.items[train], scale, centre);
  const SparseRows of_dev = scaled(*probe.rows, probe.items[dev], scale, centre);
  ProbeResult result;
  LinearModel best, model;
  double least = std::numeric_limits<double>::infinity(), previous = least;
  for (const double c : kCs) {
    if (probe.items[dev].empty() && c != kPlainC) continue;
    const LinearModel before = model;
    LinearFit fit;
    fit.c = c;
    fit.threads = threads;
    fit.decrease = 1e-5;
    fit.most_steps = 200;
    fit.start = &before;
    model = fit_logistic(of_train, probe.labels[train], static_cast<int>(probe.classes), fit);
    double loss = 0;
    const auto predicted = model.predict(of_dev);
    for (size_t r = 0; r < predicted.size(); ++r) {
      const auto label = static_cast<size_t>(probe.labels[dev][r]);
      loss -= std::log(std::max(1e-300, predicted[r][label]));
    }
    if (loss < least) {
      least = loss;
      best = model;
      result.c = c;
    }
    if (loss > previous) break;
    previous = loss;
  }
  for (const std::vector<double>& row :
       best.predict(scaled(*probe.rows, probe.items[test], scale, centre))) {
    result.guesses.push_back(
        static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return result;
}

std::vector<int32_t> neighbour_guesses(const ProbeRows& probe, int k, int threads) {
  const auto& train = probe.items[static_cast<size_t>(TaskSide::kTrain)];
  const auto& labels = probe.labels[static_cast<size_t>(TaskSide::kTrain)];
  const auto& test = probe.items[static_cast<size_t>(TaskSide::kTest)];
  std::vector<int32_t> guesses(test.size(), 0);
  parallel_for(static_cast<int64_t>(test.size()), 4, threads, [&](int64_t b, int64_t e) {
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      std::vector<std::pair<double, int32_t>> apart;
      for (size_t j = 0; j < train.size(); ++j) {
        apart.emplace_back(squared_distance(*probe.rows, test[i], train[j]), labels[j]);
      }
      std::sort(apart.begin(), apart.end());
      std::vector<double> votes(probe.classes, 0), first(probe.classes, INFINITY);
      for (size_t j = 0; j < apart.size(); ++j) {
        if (j >= static_cast<size_t>(k) && apart[j].first > apart[static_cast<size_t>(k) - 1].first)
          break;
        const auto label = static_cast<size_t>(apart[j].second);
        votes[label] += 1;
        first[label] = std::min(first[label], apart[j].first);
      }
      size_t winner = 0;
      for (size_t c = 1; c < votes.size(); ++c) {
        if (std::pair(-votes[c], first[c]) < std::pair(-votes[winner], first[winner])) winner = c;
      }
      guesses[i] = static_cast<int32_t>(winner);
    }
  });
  return guesses;
}

double silhouette(const SparseRows& rows, const std::vector<size_t>& which,
                  const std::vector<int32_t>& labels, size_t classes, int threads) {
  std::vector<double> counts(classes, 0);
  for (const int32_t label : labels) counts[static_cast<size_t>(label)] += 1;
  std::vector<double> value(which.size(), 0);
  parallel_for(static_cast<int64_t>(which.size()), 4, threads, [&](int64_t b, int64_t e) {
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      std::vector<double> sums(classes, 0);
      for (size_t j = 0; j < which.size(); ++j) {
        if (j == i) continue;
        sums[static_cast<size_t>(labels[j])] +=
            std::sqrt(squared_distance(rows, which[i], which[j]));
      }
      const auto mine = static_cast<size_t>(labels[i]);
      if (counts[mine] < 2) continue;
      const double within = sums[mine] / (counts[mine] - 1);
      double between = std::numeric_limits<double>::infinity();
      for (size_t c = 0; c < classes; ++c) {
        if (c != mine && counts[c] > 0) between = std::min(between, sums[c] / counts[c]);
      }
      const double larger = std::max(within, between);
      value[i] = larger > 0 ? (between - within) / larger : 0;
    }
  });
  double mean = 0, used = 0;
  for (size_t c = 0; c < classes; ++c) {
    if (counts[c] == 0) continue;
    double sum = 0;
    for (size_t i = 0; i < which.size(); ++i)
      sum += static_cast<size_t>(labels[i]) == c ? value[i] : 0;
    mean += sum / counts[c];
    used += 1;
  }
  return used < 2 ? std::numeric_limits<double>::quiet_NaN() : mean / used;
}

double jensen_shannon(const SparseRows& rows, size_t a, size_t b) {
  const auto part = [](double p, double middle) { return p > 0 ? p * std::log2(p / middle) : 0.0; };
  double sum = 0;
  size_t i = rows.begin[a], j = rows.begin[b];
  const size_t end_a = rows.begin[a + 1], end_b = rows.begin[b + 1];
  while (i < end_a || j < end_b) {
    const bool in_a = i < end_a && (j == end_b || rows.column[i] <= rows.column[j]);
    const bool in_b = j < end_b && (i == end_a || rows.column[j] <= rows.column[i]);
    const double p = in_a ? rows.value[i] : 0, q = in_b ? rows.value[j] : 0;
    sum += 0.5 * (part(p, 0.5 * (p + q)) + part(q, 0.5 * (p + q)));
    i += in_a;
    j += in_b;
  }
  return sum;
}

SparseRows class_means(const SparseRows& rows, const std::vector<size_t>& which,
                       const std::vector<int32_t>& labels, size_t classes) {
  SparseRows means;
  means.columns = rows.columns;
  for (size_t c = 0; c < classes; ++c) {
    std::vector<double> sum(rows.columns, 0);
    double count = 0;
    for (size_t i = 0; i < which.size(); ++i) {
      if (static_cast<size_t>(labels[i]) != c) continue;
      count += 1;
      for (size_t j = rows.begin[which[i]]; j < rows.begin[which[i] + 1]; ++j) {
        sum[rows.column[j]] += rows.value[j];
      }
    }
    for (size_t column = 0; column < sum.size(); ++column) {
      if (sum[column] == 0) continue;
      means.column.push_back(static_cast<uint32_t>(column));
      means.value.push_back(sum[column] / count);
    }
    means.begin.push_back(means.column.size());
  }
  return means;
}

}  // namespace lexome
