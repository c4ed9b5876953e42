// How well rows of numbers tell classes apart: a linear probe, neighbours, silhouettes, and how
// differently classes use a vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/features.h"

namespace lexome {

struct ProbeRows {
  const SparseRows* rows = nullptr;  // of distinct sequences
  std::vector<size_t> items[3];      // rows of the items, by TaskSide
  std::vector<int32_t> labels[3];
  size_t classes = 0;
};

struct ProbeResult {
  std::vector<int32_t> guesses;  // of the tested items
  double c = 0;                  // inverse penalty chosen on dev
};

// Multinomial logistic regression on columns divided by their standard deviation over the training
// items; columns that do not vary there are dropped. The penalty is the one of 1e-4 ... 1 with the
// lowest log loss on dev; 0.01 without dev items.
ProbeResult linear_probe(const ProbeRows& probe, int threads);

// The commonest class among the k nearest training items by Euclidean distance; ties in distance
// are all counted, ties in votes go to the class whose nearest item is nearer.
std::vector<int32_t> neighbour_guesses(const ProbeRows& probe, int k, int threads);

// Mean over classes of the mean silhouette (Rousseeuw 1987) of their rows, Euclidean; rows of a
// class of one count 0. NaN with fewer than two classes.
double silhouette(const SparseRows& rows, const std::vector<size_t>& which,
                  const std::vector<int32_t>& labels, size_t classes, int threads);

// Jensen-Shannon divergence in bits of two rows of frequencies.
double jensen_shannon(const SparseRows& rows, size_t a, size_t b);
// One row a class: the mean of its rows.
SparseRows class_means(const SparseRows& rows, const std::vector<size_t>& which,
                       const std::vector<int32_t>& labels, size_t classes);

}  // namespace lexome
