// Sequences as rows of k-mer counts: the features of the simplest honest baseline. Rows are sparse
// and scaled to length 1, so that sequences of different lengths compare and one grid of penalties
// fits all.
#pragma once

#include <cstdint>
#include <vector>

#include "data/labelled.h"

namespace lexome {

// Compressed sparse rows.
struct SparseRows {
  size_t columns = 0;
  std::vector<size_t> begin = {0};  // row r is [begin[r], begin[r + 1])
  std::vector<uint32_t> column;
  std::vector<double> value;
  size_t rows() const { return begin.size() - 1; }
};

// Counts of each k-mer of each sequence (k in 1..10; k-mers with N left out), divided by the
// Euclidean norm of the row. Canonical: a k-mer and its reverse complement count as one, in the
// smaller's column.
SparseRows kmer_features(const std::vector<LabelledRow>& rows, int k, bool canonical);

}  // namespace lexome
