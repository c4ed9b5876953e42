// The table of equal compute.
#include "report/compute_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/text.h"
#include "lexome/error.h"
#include "report/page_parts.h"
#include "report/predictions.h"

namespace lexome {
namespace {

struct Quantity {
  const char* what;
  std::function<double(const ArmCompute&)> of;  // NaN when unknown
};

double known(int64_t count) { return count < 0 ? ResultRow::kNone : static_cast<double>(count); }

std::vector<Quantity> quantities(const std::string& kind) {
  if (kind == "bases") {
    return {{"bases seen", [](const ArmCompute& arm) { return known(arm.bases_seen); }},
            {"context in bases", [](const ArmCompute& arm) { return known(arm.context); }},
            {"trunk parameters", [](const ArmCompute& arm) { return known(arm.params_trunk); }}};
  }
  if (kind == "flops") {
    return {{"FLOPs of pre-training", [](const ArmCompute& arm) { return arm.pretrain_flops; }}};
  }
  throw ConfigError("--equal must be bases or flops, not '" + kind + "'");
}

bool is_equal(double a, double b, double most) {
  return a == b || std::max(a, b) <= std::min(a, b) * (1 + most);  // false for NaN
}

std::string count_text(int64_t count) { return count < 0 ? "" : std::to_string(count); }
std::string number_text(double value) {
  return std::isnan(value) ? "" : fmt::format("{:.6g}", value);
}

// Sums whose mean is asked for later.
struct Mean {
  double sum = 0;
  int64_t count = 0;
  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    ++count;
  }
  double value() const { return count == 0 ? ResultRow::kNone : sum / static_cast<double>(count); }
};

// What the runs of one model with one number of shots say.
struct Line {
  std::map<std::string, Mean> scores;  // by task
  Mean tokens_per_base;
  double flops = 0, wall_s = 0;
  int64_t runs = 0, failed = 0;
};

struct Tally {
  std::vector<std::string> tasks;            // in order of appearance
  std::map<std::string, std::string> group;  // by task
  std::map<std::pair<std::string, int64_t>, Line> lines;
  std::map<std::string, std::vector<int64_t>> shots;  // by model
};

Tally tally(const ResultTable& results, const std::map<std::string, std::string>& metrics) {
  Tally all;
  for (const ResultRow& row : results.rows) {
    const auto metric = metrics.find(row.task);
    const bool failed = !row.status.empty();
    if (metric == metrics.end()) continue;
    if (!failed && (row.split != "test" || row.metric != metric->second)) continue;
    if (all.group.emplace(row.task, row.group).second) all.tasks.push_back(row.task);
    std::vector<int64_t>& shots = all.shots[row.model];
    if (std::find(shots.begin(), shots.end(), row.shots) == shots.end()) {
      shots.push_back(row.shots);
    }
    Line& line = all.lines[{row.model, row.shots}];
    ++line.runs;
    if (failed) {
      ++line.failed;
      continue;
    }
    line.scores[row.task].add(row.value);
    line.tokens_per_base.add(row.tokens_per_base);
    if (!std::isnan(row.flops)) line.flops += row.flops;
    if (!std::isnan(row.wall_s)) line.wall_s += row.wall_s;
  }
  return all;
}

// Scores of the tasks, then their two means.
std::vector<std::string> score_cells(const Tally& all, const Line& line) {
  std::vector<std::string> cells;
  Mean tasks;
  std::map<std::string, Mean> groups;
  bool whole = true;
  for (const std::string& task : all.tasks) {
    const auto found = line.scores.find(task);
    const double value = found == line.scores.end() ? ResultRow::kNone : found->second.value();
    whole = whole && !std::isnan(value);
    tasks.add(value);
    groups[all.group.at(task)].add(value);
    cells.push_back(number_text(value));
  }
  Mean of_groups;
  for (const auto& [name, mean] : groups) of_groups.add(mean.value());
  cells.push_back(whole ? number_text(tasks.value()) : "");
  cells.push_back(whole ? number_text(of_groups.value()) : "");
  return cells;
}

}  // namespace

std::vector<std::string> unequal_compute(const std::vector<ArmCompute>& arms,
                                         const std::string& kind, double most) {
  std::vector<std::string> found;
  for (const Quantity& quantity : quantities(kind)) {
    const ArmCompute *least = nullptr, *largest = nullptr;
    for (const ArmCompute& arm : arms) {
      if (arm.role != kRolePretrained) continue;
      const double value = quantity.of(arm);
      if (std::isnan(value)) {
        found.push_back(fmt::format("{}: not recorded for {}", quantity.what, arm.model));
        continue;
      }
      if (least == nullptr || value < quantity.of(*least)) least = &arm;
      if (largest == nullptr || value > quantity.of(*largest)) largest = &arm;
    }
    if (least == nullptr) continue;
    const double low = quantity.of(*least), high = quantity.of(*largest);
    if (is_equal(low, high, most)) continue;
    found.push_back(fmt::format("{}: {:.6g} for {} and {:.6g} for {} ({:.1f} % apart)",
                                quantity.what, low, least->model, high, largest->model,
                                100 * (high / low - 1)));
  }
  return found;
}

std::string compute_table(const ResultTable& results, const std::vector<ArmCompute>& arms,
                          const std::map<std::string, std::string>& metrics,
                          const std::string& kind, double most) {
  const std::vector<Quantity> compared = quantities(kind);
  const Tally all = tally(results, metrics);
  ShownTable table;
  table.columns = {"model",        "role",
                   "shots",        "equal",
                   "runs",         "failed",
                   "bases_seen",   "context",
                   "params_trunk", "params_embedding",
                   "params_total", "tokens_per_base",
                   "masked_share", "pretrain_flops",
                   "flops",        "wall_s"};
  for (const std::string& task : all.tasks) table.columns.push_back(task);
  table.columns.emplace_back("mean_of_tasks");
  table.columns.emplace_back("mean_of_groups");
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = table.numeric[3] = false;
  const ArmCompute* first = nullptr;
  std::vector<std::string> shown;
  for (const ArmCompute& arm : arms) {
    const bool is_pretrained = arm.role == kRolePretrained;
    if (is_pretrained && first == nullptr) first = &arm;
    if (std::find(shown.begin(), shown.end(), arm.model) != shown.end()) continue;
    shown.push_back(arm.model);
    std::string equal;
    if (is_pretrained) {
      const bool same = std::all_of(compared.begin(), compared.end(), [&](const Quantity& each) {
        return is_equal(each.of(arm), each.of(*first), most);
      });
      equal = same ? "yes" : "no";
    }
    const auto shots = all.shots.find(arm.model);
    if (shots == all.shots.end()) continue;
    for (const int64_t count : shots->second) {
      const Line& line = all.lines.at({arm.model, count});
      std::vector<std::string> cells = {arm.model,
                                        arm.role,
                                        count < 0 ? "all" : std::to_string(count),
                                        equal,
                                        std::to_string(line.runs),
                                        std::to_string(line.failed),
                                        count_text(arm.bases_seen),
                                        count_text(arm.context),
                                        count_text(arm.params_trunk),
                                        count_text(arm.params_embedding),
                                        count_text(arm.params_total),
                                        number_text(line.tokens_per_base.value()),
                                        number_text(arm.masked_share),
                                        number_text(arm.pretrain_flops),
                                        number_text(line.flops),
                                        fmt::format("{:.1f}", line.wall_s)};
      for (std::string& cell : score_cells(all, line)) cells.push_back(std::move(cell));
      table.rows.push_back(std::move(cells));
    }
  }
  return tsv_table(table);
}

}  // namespace lexome
