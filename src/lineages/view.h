// What a classifier is shown of a task: whole genomes, or windows of them; and the sites that tell
// the classes apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/task.h"

namespace lexome {

struct ViewItem {
  size_t genome = 0;  // of the task
  Span span;
  int32_t label = 0;
};

struct TaskView {
  std::string name;                // "genomes" | "windows"
  std::vector<ViewItem> sides[3];  // by TaskSide; train repeats what the task repeats
  const std::vector<ViewItem>& side(TaskSide which) const {
    return sides[static_cast<size_t>(which)];
  }
};

TaskView genome_view(const LineageTask& task);
TaskView window_view(const LineageTask& task, const std::vector<Span>& windows);

Bases item_bases(const LineageTask& task, const ViewItem& item);

// Sequences that occur, each once, and which of them each item is. Most windows of a virus are
// equal to many others, so features are computed once for each.
struct DistinctBases {
  std::vector<Bases> bases;
  std::vector<size_t> of_item[3];  // by side
};
DistinctBases distinct_bases(const LineageTask& task, const TaskView& view);

// A base that most genomes of one class have, and few of any other.
struct DefiningSite {
  uint32_t position = 0;
  Base alternative = kN;
  int32_t label = 0;
  std::string text;  // "C913T", or as a constellation writes it
};

// Sites where at least 80 % of a class's training genomes with a known base have the same
// alternative, and at most 20 % of every other class's.
std::vector<DefiningSite> sites_of_training(const LineageTask& task);
// The sites that constellations name, as bases: amino acids by the codon of a training genome that
// has them. A site that no training genome has is left out and counted.
std::vector<DefiningSite> sites_of_constellations(const LineageTask& task, const LineageTree& tree,
                                                  const LineageLabels& labels,
                                                  const std::vector<Constellation>& constellations,
                                                  int64_t* left_out);

}  // namespace lexome
