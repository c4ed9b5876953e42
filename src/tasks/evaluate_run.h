// The runs of one cell of an evaluation (a task, an arm, a number of shots): the learning rate is
// chosen on dev once, with the first draw and seed, then every draw and seed is trained with it and
// scored on test, once. What a run leaves stands in its folder; results.tsv comes last, by rename.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lexome/result_table.h"
#include "tasks/evaluate_plan.h"
#include "tasks/finetune_run.h"

namespace lexome {

// A task's rows, and which test rows have no near copy in train or dev.
struct TaskRows {
  TaskData data;
  std::vector<int64_t> unseen;
};

struct EvaluateContext {
  const EvaluateRequest& request;
  const EvaluateOptions& options;
  const Suite& suite;
  const std::vector<Arm>& arms;
  torch::Device device{torch::kCPU};
  bool bf16 = false;
  int threads = 1;
};

class EvaluateCell {
 public:
  // `runs` are of one cell, in plan order; everything outlives the cell.
  EvaluateCell(const EvaluateContext& context, const TaskRows& rows,
               std::span<const PlannedRun> runs);

  // The rows of a run that was done before with the same recipe and data; empty otherwise, also for
  // one that failed.
  std::optional<ResultTable> done(const PlannedRun& run) const;
  // Does it, and leaves its folder. An Error becomes one failed row. Interrupted passes.
  ResultTable perform(const PlannedRun& run);
  // For a dry run: one run's network with its budget settled; null for baselines.
  std::unique_ptr<FinetuneRun> prepare(const PlannedRun& run, double rate) const;

 private:
  struct Trial {
    double rate = 0, score = ResultRow::kNone, flops = 0, wall_s = 0;
    std::string message;  // why it failed
  };
  struct Outcome {
    ResultRow about;
    Scored dev, test;
    std::string recipe, log;
    std::vector<std::string> classes;
  };

  const SuiteTask& task() const { return context_.suite.tasks[runs_[0].task]; }
  const Arm& arm() const { return context_.arms[runs_[0].arm]; }
  std::string path(const PlannedRun& run, const char* file) const;
  std::string run_text(const PlannedRun& run) const;
  std::string key(const PlannedRun& run) const;
  ResultRow cells_of(const PlannedRun& run, ResultRow about) const;
  LabelledSet training_rows(const PlannedRun& run) const;
  Outcome fit(const PlannedRun& run) const;
  Outcome train(const PlannedRun& run);
  void choose_rate();
  std::vector<Trial> read_trials() const;
  void write_trials() const;
  std::string trials_path() const;
  ResultTable scores(const Outcome& outcome) const;
  void leave(const PlannedRun& run, const Outcome& outcome, const ResultTable& table) const;
  ResultTable leave_failure(const PlannedRun& run, const std::string& message) const;

  const EvaluateContext& context_;
  const TaskRows& rows_;
  std::span<const PlannedRun> runs_;
  bool chosen_ = false;
  double rate_ = 0;
  std::vector<Trial> trials_;
  std::unique_ptr<FinetuneRun> best_;  // the chosen trial, when it was made in this process
  TrainResult best_result_;
  std::shared_ptr<StoredVectors> stored_ = std::make_shared<StoredVectors>();
};

}  // namespace lexome
