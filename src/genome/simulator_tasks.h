// The labelled tasks of a simulated genome: a bounded, balanced choice of candidate windows for
// each split, scored by the oracle and written as CSV.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "genome/simulator_grammar.h"

namespace lexome::sim {

enum class Split : uint8_t { kTrain, kDev, kTest };
inline constexpr int kSplits = 3;
extern const char* const kSplitNames[kSplits];
const char* task_name(Task task);
std::string label_text(Task task, int label);

struct TaskRow {
  uint64_t key = 0;  // random; the smallest keys are chosen and give the order
  int label = 0;
  Bases bases;
  std::string contig;
  int64_t start = 0, end = 0;
  char strand = '+';
};

// Keeps the rows with the smallest keys of every class, so that memory does not grow with the
// genome.
class TaskChoice {
 public:
  TaskChoice(const SimulateOptions& options, uint64_t seed) : options_(options), seed_(seed) {}
  // Contigs may come in any order.
  void add(const Piece& contig, const ContigPlan& plan, Split split);
  // Writes folder/NAME/{train,dev,test}.csv and folder/oracle.tsv.
  std::vector<TaskSummary> write(const std::string& folder, const Grammar& grammar,
                                 int threads) const;

 private:
  int64_t most_rows(Split split) const;
  std::vector<TaskRow> balanced(Task task, Split split) const;
  const SimulateOptions& options_;
  uint64_t seed_;
  std::vector<TaskRow> heaps_[kTasks][kSplits][3];
};

}  // namespace lexome::sim
