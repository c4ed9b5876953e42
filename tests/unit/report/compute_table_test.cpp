// Equal compute: what counts as equal, what is said when it is not, and the table beside it.
#include "report/compute_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lexome/error.h"
#include "report/predictions.h"

namespace lexome {
namespace {

ArmCompute arm(const std::string& model, int64_t bases, int64_t trunk, double flops) {
  ArmCompute arm;
  arm.model = model;
  arm.role = kRolePretrained;
  arm.bases_seen = bases;
  arm.context = 512;
  arm.params_trunk = trunk;
  arm.pretrain_flops = flops;
  return arm;
}

TEST(UnequalCompute, TwoPercentIsEqualAndMoreIsSaidWithNumbers) {
  EXPECT_TRUE(
      unequal_compute({arm("a", 1000, 50, 1e9), arm("b", 1020, 50, 3e9)}, "bases", 0.02).empty());
  const auto found =
      unequal_compute({arm("a", 1000, 50, 1e9), arm("b", 1021, 60, 1e9)}, "bases", 0.02);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], "bases seen: 1000 for a and 1021 for b (2.1 % apart)");
  EXPECT_EQ(found[1], "trunk parameters: 50 for a and 60 for b (20.0 % apart)");
  const auto flops = unequal_compute({arm("a", 1, 1, 1e9), arm("b", 9, 9, 1.5e9)}, "flops", 0.02);
  ASSERT_EQ(flops.size(), 1u);
  EXPECT_NE(flops[0].find("50.0 % apart"), std::string::npos) << flops[0];
  EXPECT_THROW(unequal_compute({}, "steps", 0.02), ConfigError);
}

TEST(UnequalCompute, WhatIsNotKnownIsNotEqualAndBaselinesTakeNoPart) {
  ArmCompute unknown = arm("old", -1, 50, std::nan(""));
  const auto found = unequal_compute({arm("a", 1000, 50, 1e9), unknown}, "flops", 0.02);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], "FLOPs of pre-training: not recorded for old");
  ArmCompute baseline = arm("kmer-lr", 0, 0, 0);
  baseline.role = kRoleBaseline;
  EXPECT_TRUE(unequal_compute({arm("a", 1000, 50, 1e9), baseline}, "bases", 0.02).empty());
}

ResultRow row(const std::string& model, const std::string& task, double value) {
  ResultRow row;
  row.model = model;
  row.task = task;
  row.group = task.substr(0, task.find('/'));
  row.split = "test";
  row.metric = "mcc";
  row.value = value;
  row.flops = 100;
  row.wall_s = 1;
  return row;
}

TEST(ComputeTable, MeansOverRunsTasksAndGroups) {
  ResultTable results;
  results.rows = {row("a", "tf/0", 0.2), row("a", "tf/0", 0.4), row("a", "tf/1", 0.5),
                  row("a", "prom/x", 0.8), row("b", "tf/0", 0.1)};
  ResultRow other = row("a", "tf/0", 0.9);
  other.metric = "auroc";  // not what this task is judged by
  results.rows.push_back(other);
  ResultRow failed = row("b", "tf/1", std::nan(""));
  failed.metric.clear();
  failed.status = "failed";
  results.rows.push_back(failed);
  const std::string table =
      compute_table(results, {arm("a", 1000, 50, 1e9), arm("b", 2000, 50, 1e9)},
                    {{"tf/0", "mcc"}, {"tf/1", "mcc"}, {"prom/x", "mcc"}}, "bases", 0.02);
  EXPECT_EQ(table,
            "#model\trole\tshots\tequal\truns\tfailed\tbases_seen\tcontext\tparams_trunk\t"
            "params_embedding\tparams_total\ttokens_per_base\tmasked_share\tpretrain_flops\tflops\t"
            "wall_s\ttf/0\ttf/1\tprom/x\tmean_of_tasks\tmean_of_groups\n"
            "a\tpretrained\tall\tyes\t4\t0\t1000\t512\t50\t\t\t\t\t1e+09\t400\t4.0\t0.3\t0.5\t0.8"
            "\t0.533333\t0.6\n"
            "b\tpretrained\tall\tno\t2\t1\t2000\t512\t50\t\t\t\t\t1e+09\t100\t1.0\t0.1\t\t\t\t\n");
}

}  // namespace
}  // namespace lexome
