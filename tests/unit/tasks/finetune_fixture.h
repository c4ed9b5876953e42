// What the tests of fine-tuning start from: a small model and three labelled files.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

#include "tasks/finetune.h"
#include "tasks/task_model.h"
#include "unit/tasks/support.h"

namespace lexome {

class FinetuneTest : public ::testing::Test {
 protected:
  FinetuneTest() {
    request_.model = testing::make_small_checkpoint(folder_ / "pre");
    request_.train = testing::write_box_csv(folder_ / "train.csv", 240, 1);
    request_.dev = testing::write_box_csv(folder_ / "dev.csv", 60, 2);
    request_.test = testing::write_box_csv(folder_ / "test.csv", 80, 3);
    request_.out = folder_ / "run";
    request_.machine.threads = 1;
    request_.machine.precision = "fp32";
    set("train.lr", "3e-3");
    set("train.steps", "60");
    set("train.eval_every", "20");
    set("finetune.baseline", "false");
  }
  void set(const std::string& key, const std::string& value) {
    request_.recipe.set(key, value, "test");
  }
  static double value_of(const ResultTable& table, const std::string& split,
                         const std::string& metric, const std::string& model = "dnabert") {
    for (const ResultRow& row : table.rows) {
      if (row.split == split && row.metric == metric && row.model == model) return row.value;
    }
    return std::nan("");
  }
  std::map<std::string, Tensor> weights(const std::string& run) const {
    return read_checkpoint(resolve_checkpoint(run), false).model;
  }
  testing::TemporaryFolder folder_;
  FinetuneRequest request_;
};

}  // namespace lexome
