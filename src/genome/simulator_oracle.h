// The generator's own posterior: how likely a sequence is under each class of a task, with
// everything the reader of the sequence cannot know (isochore, island, reading frame, places and
// gaps) summed out exactly. No classifier can do better on average; what it leaves is the ceiling
// of the task.
#pragma once

#include <array>
#include <vector>

#include "genome/simulator_grammar.h"

namespace lexome::sim {

class Oracle {
 public:
  explicit Oracle(const Grammar& grammar) : grammar_(grammar) {}
  static int num_classes(Task task) { return task == Task::kSplice ? 3 : 2; }
  // log P(sequence, class) with equal class priors, up to a constant. The sequence is as long as
  // the task's window and holds no N.
  std::array<double, 3> log_joint(Task task, BasesView bases) const;

 private:
  std::array<double, 3> promoter(BasesView bases) const;
  std::array<double, 3> splice(BasesView bases) const;
  std::array<double, 3> coding(BasesView bases) const;
  std::array<double, 3> pair(BasesView bases) const;
  double pair_odds(const std::array<std::vector<double>, 4>& odds,
                   const PairConfiguration& configuration) const;
  const Grammar& grammar_;
};

// Area under the ROC curve with ties counted half; 0.5 when a class is missing.
double auroc(const std::vector<double>& scores, const std::vector<int>& positive);

}  // namespace lexome::sim
