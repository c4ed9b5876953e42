// Sections about runs and result tables given one by one: scores, paired differences between a
// model, its fresh copy and the baselines beside them, training curves, confusion matrices and
// recipes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "report/compare.h"
#include "report/reported_run.h"
#include "report/sections.h"

namespace lexome {
namespace {

using nlohmann::json;

// All runs' values of one logged name.
struct Chart {
  std::string label;
  std::vector<Series> series;
};

struct Content {
  std::vector<ReportedRun> runs;
  std::vector<ResultRow> test_rows;
  std::string metric;
  ShownTable scores;  // task, model, metric, mean, s.d., seeds, n
  std::vector<ComparisonRow> comparisons;
  ShownTable differences;  // the same, as text
  std::vector<Chart> charts;
  std::vector<std::string> findings;
};

// Mean and spread over seeds of every (task, model, metric), in order of first appearance.
void tabulate_scores(Content* content) {
  content->scores.columns = {"task", "model", "metric", "mean", "s.d.", "seeds", "n"};
  content->scores.numeric = {false, false, false, true, true, true, true};
  std::vector<std::array<std::string, 3>> order;
  std::map<std::array<std::string, 3>, std::vector<const ResultRow*>> groups;
  for (const ResultRow& row : content->test_rows) {
    const std::array<std::string, 3> key = {row.task, row.model, row.metric};
    auto& group = groups[key];
    if (group.empty()) order.push_back(key);
    group.push_back(&row);
  }
  std::map<std::string, std::vector<std::pair<double, std::string>>> by_task;
  for (const auto& key : order) {
    const auto& group = groups[key];
    std::vector<double> values;
    for (const ResultRow* row : group) values.push_back(row->value);
    const MeanSpread spread = mean_spread(values);
    content->scores.rows.push_back({key[0], key[1], key[2], fixed(spread.mean),
                                    fixed(spread.deviation), std::to_string(group.size()),
                                    counted(group.front()->n)});
    if (key[2] == content->metric) by_task[key[0]].push_back({spread.mean, key[1]});
  }
  for (auto& [task, models] : by_task) {
    std::sort(models.rbegin(), models.rend());
    std::string sentence = fmt::format("{}: ", task);
    for (size_t i = 0; i < models.size(); ++i) {
      sentence += fmt::format("{}{} {} {}", i ? ", " : "", models[i].second, content->metric,
                              fixed(models[i].first, 3));
    }
    content->findings.push_back(sentence + ".");
  }
}

// Paired comparisons of every task, from the test predictions the runs left.
void tabulate_comparisons(const std::vector<std::string>& inputs, const std::string& metric,
                          Content* content) {
  std::vector<std::string> folders;
  for (size_t i = 0; i < content->runs.size(); ++i) {
    if (content->runs[i].has_predictions) folders.push_back(inputs[i]);
  }
  if (folders.empty()) return;
  CompareOptions options;
  options.metric = metric;
  content->comparisons = compare_runs(folders, options);
  ShownTable& table = content->differences;
  table.columns = {"task",          "comparison", "metric", "difference",
                   "95 % interval", "runs",       "n",      "reads as"};
  table.numeric = {false, false, false, true, false, true, true, false};
  for (const ComparisonRow& row : content->comparisons) {
    const Estimate& d = row.difference;
    const std::string pair = row.model_a + " - " + row.model_b;
    table.rows.push_back({row.task, pair, row.metric, signed_fixed(d.value),
                          fmt::format("{:+.4f} to {:+.4f}", d.low, d.high),
                          fmt::format("{}/{}", row.runs_a, row.runs_b), with_commas(d.items),
                          row.words()});
    content->findings.push_back(fmt::format("{}: {} = {:+.3f} {} ({:+.3f} to {:+.3f}): {}.",
                                            row.task, pair, d.value, row.metric, d.low, d.high,
                                            row.words()));
  }
}

// What a log holds for the books only: it would push the curves people look for off the page.
bool is_bookkeeping(const std::string& name) {
  return name == "tokens" || name == "bases" || name == "lr";
}

// Logs are long tables (step, split, name, value): one chart a name, one line a run and split.
void collect_charts(Content* content) {
  std::map<std::string, std::map<std::string, Series>> charts;
  std::vector<std::string> order;
  for (const ReportedRun& run : content->runs) {
    const int step = run.log.find("step"), split = run.log.find("split");
    const int name = run.log.find("name"), value = run.log.find("value");
    if (step < 0 || split < 0 || name < 0 || value < 0) continue;
    for (const auto& row : run.log.rows) {
      double x = 0, y = 0;
      if (!parse_double(row[static_cast<size_t>(step)], &x) ||
          !parse_double(row[static_cast<size_t>(value)], &y) || !std::isfinite(y)) {
        continue;
      }
      const std::string& label = row[static_cast<size_t>(name)];
      if (is_bookkeeping(label)) continue;
      if (!charts.count(label)) order.push_back(label);
      const std::string& part = row[static_cast<size_t>(split)];
      Series& series = charts[label][run.name + part];
      series.name = content->runs.size() == 1 ? part : run.name + " " + part;
      series.points.emplace_back(x, y);
    }
  }
  std::stable_partition(order.begin(), order.end(), [](const std::string& label) {
    return label == "loss" || label.rfind("base_nll", 0) == 0;
  });
  for (const std::string& label : order) {
    Chart chart{label, {}};
    for (auto& [key, series] : charts[label]) {
      if (series.points.size() < 2) continue;
      // A page needs no more than a few hundred points a line.
      const size_t stride = (series.points.size() + 299) / 300;
      std::vector<std::pair<double, double>> thin;
      for (size_t i = 0; i < series.points.size(); i += stride) thin.push_back(series.points[i]);
      series.points = std::move(thin);
      chart.series.push_back(std::move(series));
    }
    if (!chart.series.empty()) content->charts.push_back(std::move(chart));
  }
}

Content collect(const std::vector<std::string>& inputs, const std::string& metric) {
  Content content;
  for (const std::string& input : inputs) content.runs.push_back(read_run(input));
  std::set<std::string> seen;  // baselines stand in the table of every run that shares them
  for (const ReportedRun& run : content.runs) {
    for (const ResultRow& row : run.results.rows) {
      const bool held_out = row.suite == "base_nll" || row.suite == "vocabulary";
      if ((row.split != "test" && !held_out) || std::isnan(row.value)) continue;
      const std::string key = fmt::format("{}\t{}\t{}\t{}\t{}", row.task, row.model, row.metric,
                                          row.pretrain_seed, row.finetune_seed);
      if (seen.insert(key).second) content.test_rows.push_back(row);
    }
  }
  // Not a score: said in words.
  std::set<std::string> said;
  std::erase_if(content.test_rows, [&](const ResultRow& row) {
    if (row.metric != "duplicates_in_training") return false;
    if (row.value > 0 && said.insert(row.task).second) {
      content.findings.push_back(fmt::format(
          "{}: {} of {} test sequences also stand in its training data; scores without them are in "
          "results.tsv, split test_unseen.",
          row.task, static_cast<int64_t>(row.value), with_commas(row.n)));
    }
    return true;
  });
  content.metric = metric;
  for (const ResultRow& row : content.test_rows) {
    if (content.metric.empty() && row.split == "test") content.metric = row.metric;
  }
  if (content.metric.empty() && !content.test_rows.empty()) {
    content.metric = content.test_rows.front().metric;  // pre-training only
  }
  tabulate_scores(&content);
  tabulate_comparisons(inputs, metric, &content);
  collect_charts(&content);
  return content;
}

Figure scores_figure(const Content& content) {
  json points = json::array();
  for (const ResultRow& row : content.test_rows) {
    if (row.metric != content.metric) continue;
    points.push_back({{"task", row.task},
                      {"model", row.model},
                      {"value", row.value},
                      {"seed", row.finetune_seed}});
  }
  return {"plot-scores", "scores", "", json_text({{"metric", content.metric}, {"points", points}}),
          ""};
}

Figure differences_figure(const Content& content) {
  json lines = json::array();
  std::vector<ForestLine> plain;
  for (const ComparisonRow& row : content.comparisons) {
    const Estimate& d = row.difference;
    plain.push_back({row.task + ": " + row.model_a + " - " + row.model_b, d.value, d.low, d.high});
    lines.push_back({{"name", plain.back().name},
                     {"value", number_json(d.value)},
                     {"low", number_json(d.low)},
                     {"high", number_json(d.high)}});
  }
  const std::string label =
      "difference in " + content.comparisons.front().metric + ", 95 % interval";
  return {"plot-differences", "differences", "", json_text({{"label", label}, {"lines", lines}}),
          svg_forest(label, plain)};
}

// A row a task and model, a column a metric: one table for each list of metrics that occurs, so
// that no column holds numbers of two kinds.
std::vector<ShownTable> shown_scores(const ShownTable& scores) {
  using Row = std::array<std::string, 2>;
  std::vector<Row> order;
  std::map<Row, std::vector<const std::vector<std::string>*>> cells;
  for (const std::vector<std::string>& line : scores.rows) {
    auto& group = cells[{line[0], line[1]}];
    if (group.empty()) order.push_back({line[0], line[1]});
    group.push_back(&line);
  }
  std::vector<ShownTable> tables;
  for (const Row& row : order) {
    std::vector<std::string> columns = {"task", "model"}, shown = {row[0], row[1]};
    for (const std::vector<std::string>* line : cells[row]) {
      const std::string &mean = (*line)[3], &deviation = (*line)[4];
      columns.push_back(metric_label((*line)[2]));
      shown.push_back(deviation.empty() ? mean : mean + " ± " + deviation);
    }
    columns.insert(columns.end(), {"seeds", "n"});
    shown.insert(shown.end(), cells[row].front()->begin() + 5, cells[row].front()->end());
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const ShownTable& t) { return t.columns == columns; });
    if (table == tables.end()) {
      tables.push_back({columns, std::vector<bool>(columns.size(), true), {}, {}, {}});
      table = tables.end() - 1;
      table->numeric[0] = table->numeric[1] = false;
    }
    table->rows.push_back(std::move(shown));
  }
  return tables;
}

}  // namespace

RunReport report_runs(const std::vector<std::string>& inputs, const std::string& metric) {
  const Content content = collect(inputs, metric);
  RunReport report;
  report.scores = content.scores;
  Section findings("runs", "What the runs show");
  if (!content.findings.empty()) findings.list(content.findings);
  Section scores("scores", "Scores");
  if (!content.scores.rows.empty()) {
    scores.note(
        "One point a fine-tuning seed, a bar at the mean. A test set is scored once, with the "
        "checkpoint that was best on dev. base_nll is bits per hidden base of held-out sequence: "
        "less is better. Of learned vocabularies: bases given back and the health of each level's "
        "codes, on held-out windows.");
    scores.figure(scores_figure(content));
    for (ShownTable& table : shown_scores(content.scores)) scores.table(std::move(table));
  }
  Section differences("differences", "Paired differences");
  if (!content.differences.rows.empty()) {
    differences.figure(differences_figure(content)).table(content.differences);
  }
  Section curves("curves", "Training curves");
  if (!content.charts.empty()) {
    curves.open_grid();
    for (size_t i = 0; i < content.charts.size(); ++i) {
      const Chart& chart = content.charts[i];
      curves.figure(curve_figure(fmt::format("plot-curve-{}", i), chart.label, chart.series));
    }
    curves.close_grid();
  }
  Section confusion("confusion-runs", "Confusion on test");
  std::string matrices;
  for (const ReportedRun& run : content.runs) {
    if (run.confusion.classes > 0) matrices += confusion_html(run.name, run.classes, run.confusion);
  }
  if (!matrices.empty()) confusion.open_grid().html(matrices).close_grid();
  Section recipes("recipes-runs", "Recipes of the runs");
  for (const ReportedRun& run : content.runs) {
    if (!run.recipe.empty()) recipes.html(recipe_html("", run.name, run.recipe));
  }
  report.sections = {std::move(findings), std::move(scores),    std::move(differences),
                     std::move(curves),   std::move(confusion), std::move(recipes)};
  return report;
}

}  // namespace lexome
