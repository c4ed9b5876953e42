// Confusion matrices of an evaluation: one an arm and task, at the task's largest number of shots,
// counts summed over draws and seeds.
#include <fmt/format.h>

#include "base/text.h"
#include "report/sections.h"

namespace lexome {
namespace {

// Empty for a regression and for cells whose predictions are gone.
Confusion summed(const Evaluation& evaluation, const EvaluatedCell& cell) {
  Confusion sum;
  for (const size_t run : cell.runs) {
    const Scored& scored = evaluation.runs[run].predictions.scored;
    if (scored.classes == 0) continue;
    const Confusion one =
        confusion_matrix(scored.labels, best_class(scored.scores, scored.classes), scored.classes);
    if (sum.classes == 0) {
      sum = one;
    } else {
      for (size_t i = 0; i < sum.counts.size(); ++i) sum.counts[i] += one.counts[i];
    }
  }
  return sum;
}

}  // namespace

Section confusion_section(const EvaluationView& view) {
  const Evaluation& evaluation = view.evaluation;
  Section section(view.prefix + "confusion", "Confusion on test");
  for (size_t task = 0; task < evaluation.tasks.size(); ++task) {
    const int64_t most = evaluation.most_shots(task);
    std::string matrices;
    for (const EvaluatedCell& cell : evaluation.cells) {
      if (cell.task != task || cell.shots != most || cell.runs.empty()) continue;
      const Confusion sum = summed(evaluation, cell);
      if (sum.classes == 0) continue;
      const std::string caption = fmt::format("{}, {} {}", cell.model, cell.runs.size(),
                                              cell.runs.size() == 1 ? "run" : "runs summed");
      matrices +=
          confusion_html(caption, evaluation.runs[cell.runs.front()].predictions.classes, sum);
    }
    if (matrices.empty()) continue;
    if (section.empty()) {
      section.note(
          "At the largest number of shots of each task; counts are summed over draws and seeds, so "
          "that a test item counts once for each run. Percentages are of the true label.");
    }
    section
        .open_fold(fmt::format("{}, shots: {}", evaluation.tasks[task].name, shots_label(most)),
                   task == 0)
        .open_grid()
        .html(matrices)
        .close_grid()
        .close_fold();
  }
  return section;
}

}  // namespace lexome
