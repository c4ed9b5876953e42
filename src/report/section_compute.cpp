// What each arm cost: parameters, bases seen, tokens, operations, time; whether pre-trained arms
// had equal bases or equal operations, without which their scores are no comparison of methods; and
// the tables of equal compute when the evaluation made them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/text.h"
#include "report/compute_table.h"
#include "report/sections.h"

namespace lexome {
namespace {

// One arm over all its runs. A run has many rows (metrics, splits): it counts once.
struct ArmCost {
  std::string model, role;
  int64_t params_trunk = -1, params_embedding = -1, params_total = -1, bases_seen = -1;
  double pretrain_flops = std::nan(""), masked_share = std::nan("");
  double tokens_low = std::nan(""), tokens_high = std::nan("");
  std::vector<double> flops, wall_s;
  size_t runs = 0;

  ArmCompute compute() const {
    ArmCompute compute;
    compute.model = model;
    compute.role = role;
    compute.bases_seen = bases_seen;
    compute.params_trunk = params_trunk;
    compute.pretrain_flops = pretrain_flops;
    return compute;
  }
};

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::nan("") : sum;
}

std::vector<ArmCost> costs_of(const Evaluation& evaluation) {
  std::vector<ArmCost> costs;
  std::set<std::string> counted_runs;
  for (const ResultRow& row : evaluation.rows) {
    if (row.role == kRolePublished || !row.status.empty()) continue;
    auto arm = std::find_if(costs.begin(), costs.end(), [&](const ArmCost& cost) {
      return cost.model == row.model && cost.role == row.role;
    });
    if (arm == costs.end()) {
      costs.emplace_back();
      arm = costs.end() - 1;
      arm->model = row.model;
      arm->role = row.role;
    }
    arm->params_trunk = std::max(arm->params_trunk, row.params_trunk);
    arm->params_embedding = std::max(arm->params_embedding, row.params_embedding);
    arm->params_total = std::max(arm->params_total, row.params_total);
    arm->bases_seen = std::max(arm->bases_seen, row.bases_seen);
    if (std::isfinite(row.pretrain_flops)) arm->pretrain_flops = row.pretrain_flops;
    if (std::isfinite(row.masked_share)) arm->masked_share = row.masked_share;
    if (std::isfinite(row.tokens_per_base)) {
      arm->tokens_low = std::fmin(arm->tokens_low, row.tokens_per_base);
      arm->tokens_high = std::fmax(arm->tokens_high, row.tokens_per_base);
    }
    const std::string run = fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}", row.task, row.model, row.role,
                                        row.shots, row.draw, row.pretrain_seed, row.finetune_seed);
    if (!counted_runs.insert(run).second) continue;
    ++arm->runs;
    if (std::isfinite(row.flops)) arm->flops.push_back(row.flops);
    if (std::isfinite(row.wall_s)) arm->wall_s.push_back(row.wall_s);
  }
  return costs;
}

std::string seconds_text(double seconds) {
  if (!std::isfinite(seconds)) return "";
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.1f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string range_text(double low, double high) {
  if (!std::isfinite(low)) return "";
  return high - low < 5e-4 ? fixed(low, 3) : fixed(low, 3) + " to " + fixed(high, 3);
}

std::string count_text(int64_t count) {
  return count < 0 ? "" : large_number(static_cast<double>(count));
}

// In what pre-trained arms differ that must agree before their scores compare methods. The context
// is in no row of results.tsv; the tables of --equal have it.
std::vector<std::string> equality(const std::vector<ArmCost>& costs) {
  constexpr double kMost = 0.02;
  std::vector<ArmCompute> arms;
  for (const ArmCost& cost : costs) {
    if (cost.role == kRolePretrained) arms.push_back(cost.compute());
  }
  std::vector<std::string> lines;
  if (arms.size() < 2) return lines;
  for (const char* kind : {"bases", "flops"}) {
    std::string differ;
    for (const std::string& one : unequal_compute(arms, kind, kMost)) {
      if (one.rfind("context", 0) == 0) continue;
      differ += (differ.empty() ? "" : "; ") + one;
    }
    const std::string what = std::string(kind) == "bases" ? "Equal bases" : "Equal operations";
    lines.push_back(differ.empty() ? what + ": yes, within 2 %."
                                   : what + ": no; scores do not compare methods. " + differ + ".");
  }
  return lines;
}

ShownTable as_shown(const TextTable& text) {
  ShownTable table;
  table.columns = text.columns;
  table.rows = text.rows;
  for (size_t i = 0; i < text.columns.size(); ++i) {
    double value = 0;
    table.numeric.push_back(std::any_of(text.rows.begin(), text.rows.end(), [&](const auto& row) {
      return parse_double(row[i], &value);
    }));
  }
  return table;
}

}  // namespace

Section compute_section(const EvaluationView& view) {
  Section section(view.prefix + "compute", "Compute");
  const std::vector<ArmCost> costs = costs_of(view.evaluation);
  ShownTable table;
  table.columns = {"model",
                   "role",
                   "parameters",
                   "trunk",
                   "embedding",
                   "bases seen",
                   "tokens/base",
                   "hidden share",
                   "pre-training FLOPs",
                   "FLOPs a run",
                   "FLOPs, all runs",
                   "time a run",
                   "time, all runs",
                   "runs"};
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = false;
  for (const ArmCost& cost : costs) {
    table.rows.push_back(
        {cost.model, cost.role, count_text(cost.params_total), count_text(cost.params_trunk),
         count_text(cost.params_embedding), count_text(cost.bases_seen),
         range_text(cost.tokens_low, cost.tokens_high), fixed(cost.masked_share, 3),
         large_number(cost.pretrain_flops), large_number(mean_spread(cost.flops).mean),
         large_number(sum_of(cost.flops)), seconds_text(mean_spread(cost.wall_s).mean),
         seconds_text(sum_of(cost.wall_s)), std::to_string(cost.runs)});
  }
  if (table.rows.empty()) return section;
  section.note(
      "Counted by lexome itself. The first run of an arm carries what choosing on dev cost. "
      "Hidden share: bases that no visible token showed in pre-training.");
  section.table(std::move(table));
  const std::vector<std::string> equal = equality(costs);
  if (!equal.empty()) section.heading("What is equal between the models").list(equal);
  for (const auto& [kind, equal_table] : view.evaluation.equal) {
    section.heading("Scores at equal " + kind)
        .note("Mean scores over draws and seeds on all test items, beside what they cost.")
        .table(as_shown(equal_table));
  }
  return section;
}

}  // namespace lexome
