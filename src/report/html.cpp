#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/log.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"
#include "report/assets.h"
#include "report/compare.h"
#include "report/page_parts.h"

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

std::string fixed(double value, int digits = 4) {
  return std::isnan(value) ? "" : fmt::format("{:.{}f}", value, digits);
}

void mean_and_spread(const std::vector<double>& values, double* mean, double* spread) {
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  *mean = sum / static_cast<double>(values.size());
  for (const double v : values) squares += (v - *mean) * (v - *mean);
  *spread = values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1))
                              : std::nan("");
}

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
    double mean = 0, spread = 0;
    mean_and_spread(values, &mean, &spread);
    content->scores.rows.push_back({key[0], key[1], key[2], fixed(mean), fixed(spread),
                                    std::to_string(group.size()),
                                    group.front()->n < 0 ? "" : with_commas(group.front()->n)});
    if (key[2] == content->metric) by_task[key[0]].push_back({mean, key[1]});
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
void tabulate_comparisons(const ReportRequest& request, Content* content) {
  std::vector<std::string> folders;
  for (size_t i = 0; i < content->runs.size(); ++i) {
    if (content->runs[i].has_predictions) folders.push_back(request.inputs[i]);
  }
  if (folders.empty()) return;
  CompareOptions options;
  options.metric = request.metric;
  content->comparisons = compare_runs(folders, options);
  ShownTable& table = content->differences;
  table.columns = {"task",          "comparison", "metric", "difference",
                   "95 % interval", "runs",       "n",      "reads as"};
  table.numeric = {false, false, false, true, false, true, true, false};
  for (const ComparisonRow& row : content->comparisons) {
    const Estimate& d = row.difference;
    const std::string pair = row.model_a + " - " + row.model_b;
    table.rows.push_back({row.task, pair, row.metric, fmt::format("{:+.4f}", d.value),
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

Content collect(const ReportRequest& request) {
  if (request.inputs.empty())
    throw ConfigError("report needs at least one run folder or result table");
  Content content;
  for (const std::string& input : request.inputs) content.runs.push_back(read_run(input));
  std::set<std::string> seen;  // baselines stand in the table of every run that shares them
  for (const ReportedRun& run : content.runs) {
    for (const ResultRow& row : run.results.rows) {
      if ((row.split != "test" && row.suite != "base_nll") || std::isnan(row.value)) continue;
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
  content.metric = request.metric;
  for (const ResultRow& row : content.test_rows) {
    if (content.metric.empty() && row.split == "test") content.metric = row.metric;
  }
  if (content.metric.empty() && !content.test_rows.empty()) {
    content.metric = content.test_rows.front().metric;  // pre-training only
  }
  tabulate_scores(&content);
  tabulate_comparisons(request, &content);
  collect_charts(&content);
  return content;
}

json page_data(const Content& content) {
  json data;
  data["metric"] = content.metric;
  data["scores"] = json::array();
  for (const ResultRow& row : content.test_rows) {
    if (row.metric != content.metric) continue;
    data["scores"].push_back({{"task", row.task},
                              {"model", row.model},
                              {"value", row.value},
                              {"seed", row.finetune_seed}});
  }
  data["differences"] = json::array();
  for (const ComparisonRow& row : content.comparisons) {
    data["differences"].push_back({{"name", row.task + ": " + row.model_a + " - " + row.model_b},
                                   {"value", row.difference.value},
                                   {"low", row.difference.low},
                                   {"high", row.difference.high}});
  }
  data["curves"] = json::array();
  for (const Chart& chart : content.charts) {
    json curve = {{"label", chart.label}, {"series", json::array()}, {"points", json::array()}};
    for (const Series& series : chart.series) {
      curve["series"].push_back(series.name);
      for (const auto& [x, y] : series.points) {
        curve["points"].push_back({{"step", x}, {"value", y}, {"series", series.name}});
      }
    }
    data["curves"].push_back(std::move(curve));
  }
  return data;
}

std::string confusion_html(const ReportedRun& run) {
  const int k = run.confusion.classes;
  std::string out = fmt::format(
      "<figure><figcaption>{}: rows are true labels, columns predictions</figcaption>"
      "<table class=\"confusion\"><tr><th></th>",
      escape_html(run.name));
  for (const std::string& name : run.classes) out += "<th>" + escape_html(name) + "</th>";
  out += "</tr>";
  for (int truth = 0; truth < k; ++truth) {
    int64_t total = 0;
    for (int guess = 0; guess < k; ++guess) total += run.confusion.at(truth, guess);
    out += "<tr><th>" + escape_html(run.classes[static_cast<size_t>(truth)]) + "</th>";
    for (int guess = 0; guess < k; ++guess) {
      const int64_t count = run.confusion.at(truth, guess);
      const double share = total ? static_cast<double>(count) / static_cast<double>(total) : 0;
      out += fmt::format(
          "<td style=\"background:rgba(0,114,178,{:.2f})\">{} <span class=\"soft\">{:.0f} "
          "%</span></td>",
          0.6 * share, with_commas(count), 100 * share);
    }
    out += "</tr>";
  }
  return out + "</table></figure>\n";
}

std::string html_page(const Content& content, const ReportRequest& request) {
  const bool plots = !assets::d3_js().empty() && !assets::plot_js().empty();
  if (!plots) {
    log::warn(
        "the plotting libraries were not there when lexome was built: the report's curves are "
        "plain SVG");
  }
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{0}</title>"
      "<style>{1}</style></head><body>\n<h1>{0}</h1>\n",
      escape_html(request.title), assets::report_css());
  if (request.provenance) {
    out += fmt::format("<p class=\"note\">lexome {} ({}), <code>{}</code></p>\n", version(),
                       build_commit(), escape_html(request.command));
  }
  if (!content.findings.empty()) {
    out += "<h2>What this shows</h2>\n<ul class=\"findings\">";
    for (const std::string& finding : content.findings)
      out += "<li>" + escape_html(finding) + "</li>";
    out += "</ul>\n";
  }
  if (!content.scores.rows.empty()) {
    out +=
        "<h2>Scores</h2>\n<p class=\"note\">One point a fine-tuning seed, a bar at the mean. A "
        "test set is "
        "scored once, with the checkpoint that was best on dev. base_nll is bits per hidden base "
        "of held-out "
        "sequence: less is better.</p>\n";
    if (plots) out += "<figure id=\"plot-scores\"></figure>\n";
    out += html_table(content.scores);
  }
  if (!content.differences.rows.empty()) {
    out += "<h2>Paired differences</h2>\n";
    if (plots) out += "<figure id=\"plot-differences\"></figure>\n";
    out += html_table(content.differences);
  }
  if (!content.charts.empty()) {
    out += "<h2>Training curves</h2>\n<div class=\"grid\">\n";
    for (size_t i = 0; i < content.charts.size(); ++i) {
      out += plots ? fmt::format("<figure id=\"plot-curve-{}\"></figure>\n", i)
                   : "<figure>" + svg_lines(content.charts[i].label, content.charts[i].series) +
                         "</figure>\n";
    }
    out += "</div>\n";
  }
  std::string confusions;
  for (const ReportedRun& run : content.runs) {
    if (run.confusion.classes > 0) confusions += confusion_html(run);
  }
  if (!confusions.empty()) {
    out += "<h2>Confusion on test</h2>\n<div class=\"grid\">" + confusions + "</div>\n";
  }
  out += "<h2>Recipes</h2>\n";
  for (const ReportedRun& run : content.runs) {
    if (run.recipe.empty()) continue;
    out += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n",
                       escape_html(run.name), escape_html(run.recipe));
  }
  if (plots) {
    // "</" inside a script would end it; JSON allows the escaped form.
    std::string data = page_data(content).dump();
    for (size_t at = data.find("</"); at != std::string::npos; at = data.find("</", at + 3)) {
      data.replace(at, 2, "<\\/");
    }
    out += fmt::format(
        "<script type=\"application/json\" id=\"report-data\">{}</script>\n<script>{}</script>\n"
        "<script>{}</script>\n<script>{}</script>\n",
        data, assets::d3_js(), assets::plot_js(), assets::report_js());
  }
  return out + "</body></html>\n";
}

std::string markdown_page(const Content& content, const ReportRequest& request) {
  std::string out = "# " + request.title + "\n\n";
  if (request.provenance) {
    out += fmt::format("lexome {} ({}), `{}`\n\n", version(), build_commit(), request.command);
  }
  for (const std::string& finding : content.findings) out += "- " + finding + "\n";
  if (!content.scores.rows.empty()) out += "\n## Test scores\n\n" + markdown_table(content.scores);
  if (!content.differences.rows.empty()) {
    out += "\n## Paired differences\n\n" + markdown_table(content.differences);
  }
  return out;
}

}  // namespace

void write_report(const ReportRequest& request) {
  check_output(request.out, request.force);
  const Content content = collect(request);
  std::string text;
  if (request.format == "html") {
    text = html_page(content, request);
  } else if (request.format == "md") {
    text = markdown_page(content, request);
  } else if (request.format == "tsv") {
    if (request.provenance) text = provenance_lines(request.command);
    text += tsv_table(content.scores);
  } else {
    throw ConfigError("unknown report format '" + request.format + "' (known: html, md, tsv)");
  }
  OutputFile file(request.out, request.force);
  file.write(text);
  file.commit();
}

}  // namespace lexome
