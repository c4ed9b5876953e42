// Whether the arms' probabilities mean what they say, at the largest number of shots of each task:
// reliability curves and calibration errors.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/calibration.h"
#include "report/sections.h"

namespace lexome {
namespace {

using nlohmann::json;

// Predictions of all runs of a cell in one row of items.
Scored pooled(const Evaluation& evaluation, const EvaluatedCell& cell) {
  Scored all;
  for (const size_t run : cell.runs) {
    const Scored& one = evaluation.runs[run].predictions.scored;
    all.classes = one.classes;
    all.scores.insert(all.scores.end(), one.scores.begin(), one.scores.end());
    all.labels.insert(all.labels.end(), one.labels.begin(), one.labels.end());
  }
  return all;
}

}  // namespace

Section calibration_section(const EvaluationView& view) {
  const Evaluation& evaluation = view.evaluation;
  Section section(view.prefix + "calibration", "Calibration");
  std::vector<Figure> figures;
  ShownTable table;
  table.columns = {"task", "model", "role", "shots", "runs", "calibration error", "Brier score"};
  table.numeric = {false, false, false, true, true, true, true};
  for (size_t task = 0; task < evaluation.tasks.size(); ++task) {
    const int64_t most = evaluation.most_shots(task);
    json points = json::array();
    std::vector<Series> plain = {{"perfect", {{0, 0}, {1, 1}}, 7}};
    for (size_t i = 0; i < evaluation.cells.size(); ++i) {
      const EvaluatedCell& cell = evaluation.cells[i];
      if (cell.task != task || cell.shots != most || cell.runs.empty()) continue;
      std::vector<double> errors, briers;
      for (const size_t run : cell.runs) {
        const Scored& scored = evaluation.runs[run].predictions.scored;
        if (scored.classes < 2) continue;
        const Calibration one = calibration(scored);
        errors.push_back(one.ece);
        briers.push_back(one.brier);
      }
      if (errors.empty()) continue;
      Series series{cell.model, {}, static_cast<int>(evaluation.arm_index(cell.model))};
      for (const ReliabilityPoint& point : calibration(pooled(evaluation, cell)).points) {
        points.push_back({{"arm", cell.model},
                          {"predicted", point.predicted},
                          {"observed", point.observed},
                          {"n", point.n}});
        series.points.emplace_back(point.predicted, point.observed);
      }
      plain.push_back(std::move(series));
      table.rows.push_back({evaluation.tasks[task].name, cell.model, cell.role, shots_label(most),
                            std::to_string(cell.runs.size()), spread_text(mean_spread(errors)),
                            spread_text(mean_spread(briers))});
      table.marks.push_back({cell.role, shots_label(most), view.recipes.of_cell(i)});
    }
    if (points.empty()) continue;
    const std::string label =
        fmt::format("{}, shots: {}", evaluation.tasks[task].name, shots_label(most));
    figures.push_back(
        {fmt::format("{}plot-calibration-{}", view.prefix, task), "reliability", "",
         json_text({{"label", label}, {"points", points}, {"arms", arms_json(evaluation)}}),
         svg_lines(label + ": observed against predicted", plain)});
  }
  if (figures.empty()) return section;
  section.note(
      "Of two classes, the probability of the second one against how often it was true; of more, "
      "the probability of the chosen class against how often it was right. Ten bins with equally "
      "many items; curves pool all runs, errors are means ± standard deviations over runs. On the "
      "grey line probabilities mean what they say.");
  section.html(legend_html(evaluation)).open_grid();
  for (Figure& figure : figures) section.figure(std::move(figure));
  section.close_grid();
  const bool small = table.rows.size() <= 12;
  section.open_fold("Calibration errors", small).table(std::move(table)).close_fold();
  return section;
}

}  // namespace lexome
