// Classifiers that read genomes without any vocabulary: what a learned one must be held against.
// Each returns one class for every tested item of a view.
#pragma once

#include <cstdint>
#include <vector>

#include "lineages/view.h"

namespace lexome {

// The nearest training item at the same place by substitutions per position known in both.
std::vector<int32_t> hamming_nearest(const LineageTask& task, const TaskView& view, int threads);
// The nearest one by which positions are unknown alone.
std::vector<int32_t> unknown_nearest(const LineageTask& task, const TaskView& view, int threads);
// The training item, wherever it stands, with the highest Jaccard index of 25-mers without N.
std::vector<int32_t> jaccard_nearest(const LineageTask& task, const TaskView& view, int threads);
// Reads the bases at defining sites: the class under which they are most probable, sites taken as
// independent, frequencies of the training genomes with half a base added to each of four. Knows
// where an item stands, and sees nothing but these sites.
std::vector<int32_t> oracle(const LineageTask& task, const TaskView& view,
                            const std::vector<DefiningSite>& sites);
// What no reader of single items can exceed: items with the same letters at the same place of the
// reference get the same answer. Each figure is bounded apart: the accuracy by the commonest class
// of each such group, the F1 of a class by the best set of groups to call it, whatever the other
// classes call; the macro-F1 by the mean of these. Made of the test labels.
struct ReaderBound {
  double macro_f1 = 0, accuracy = 0;
  std::vector<double> f1;  // by class; 0 where no item is of the class, which no mean counts
};
ReaderBound reader_bound(const LineageTask& task, const std::vector<ViewItem>& items);

}  // namespace lexome
