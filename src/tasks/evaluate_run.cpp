// A trial is a whole training of the first run with one learning rate. The one that is best on dev
// is that run: its weights are still there and are scored on test, the others are forgotten.
#include "tasks/evaluate_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"
#include "models/cnn.h"
#include "report/item_scorer.h"
#include "report/text_table.h"
#include "tasks/finetune_results.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr char kKeyLine[] = "##key=";
constexpr char kFailed[] = "failed";

std::string toml_line(const char* key, const std::string& value) {
  std::string quoted;
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return fmt::format("run.{} = \"{}\"\n", key, quoted);
}

// One line without tabs, for a cell.
std::string as_cell(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

bool is_better(const std::string& metric, double score, double than) {
  if (std::isnan(score)) return false;
  if (std::isnan(than)) return true;
  return metric == "loss" || !larger_is_better(metric) ? score < than : score > than;
}

void remove_folder(const std::string& folder) {
  std::error_code error;
  fs::remove(folder + "/results.tsv", error);  // first: the mark of a run that is done
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error) throw IoError("cannot make folder " + folder, error.value());
}

}  // namespace

EvaluateCell::EvaluateCell(const EvaluateContext& context, const TaskRows& rows,
                           std::span<const PlannedRun> runs)
    : context_(context), rows_(rows), runs_(runs) {}

std::string EvaluateCell::path(const PlannedRun& run, const char* file) const {
  return (fs::path(context_.request.out) / run.folder / file).string();
}

std::string EvaluateCell::trials_path() const {
  return (fs::path(context_.request.out) / runs_[0].folder).parent_path().string() + "/" +
         (runs_[0].shots < 0 ? "all" : std::to_string(runs_[0].shots)) + "-rates.tsv";
}

// What the run is; with the options, all that its results depend on.
std::string EvaluateCell::run_text(const PlannedRun& run) const {
  const SuiteTask& of = task();
  std::string text = toml_line("suite", context_.suite.name) + toml_line("task", of.name) +
                     toml_line("metric", of.metric) + toml_line("arm", arm().name) +
                     toml_line("role", arm().role) + toml_line("identity", arm().identity) +
                     toml_line("train_sha256", rows_.data.train.sha256) +
                     toml_line("dev_sha256", rows_.data.dev.sha256) +
                     toml_line("test_sha256", rows_.data.test.sha256);
  text += fmt::format("run.shots = {}\nrun.draw = {}\nrun.seed = {}\nrun.split_seed = {}\n",
                      run.shots, run.draw, run.seed, context_.request.seed);
  text += fmt::format("run.rows = \"{} train, {} dev, {} test\"\nrun.bf16 = {}\n",
                      rows_.data.train.rows.size(), rows_.data.dev.rows.size(),
                      rows_.data.test.rows.size(), context_.bf16 && arm().is_trained());
  return text;
}

std::string EvaluateCell::key(const PlannedRun& run) const {
  const std::string options = arm().is_trained() ? context_.options.dump() : "";
  return sha256_of(run_text(run) + options).substr(0, 16);
}

std::optional<ResultTable> EvaluateCell::done(const PlannedRun& run) const {
  const std::string results = path(run, "results.tsv"), recipe = path(run, "recipe.toml");
  if (!fs::exists(results) || !fs::exists(recipe)) return std::nullopt;
  const Recipe made = Recipe::from_file(recipe);
  const Recipe::Setting* key_then = made.find("run.key");
  if (key_then == nullptr || key_then->value != key(run)) return std::nullopt;
  ResultTable table = ResultTable::read(results);
  const bool failed = std::any_of(table.rows.begin(), table.rows.end(),
                                  [](const ResultRow& row) { return !row.status.empty(); });
  if (failed || table.rows.empty()) return std::nullopt;
  return table;
}

ResultRow EvaluateCell::cells_of(const PlannedRun& run, ResultRow about) const {
  about.suite = context_.suite.name;
  about.group = task().group;
  about.task = task().name;
  about.model = arm().model;
  about.role = arm().role;
  about.shots = run.shots;
  about.draw = run.draw;
  about.finetune_seed = run.seed;
  const ArmCompute& compute = arm().compute;
  about.pretrain_seed = compute.pretrain_seed;
  about.bases_seen = compute.bases_seen;
  about.masked_share = compute.masked_share;
  about.pretrain_flops = compute.pretrain_flops;
  return about;
}

LabelledSet EvaluateCell::training_rows(const PlannedRun& run) const {
  const LabelledSet& all = rows_.data.train;
  return run.shots < 0 ? all : draw_shots(all, run.shots, run.draw, context_.request.seed);
}

EvaluateCell::Outcome EvaluateCell::fit(const PlannedRun& run) const {
  const Clock::time_point begin = Clock::now();
  const FittedBaseline fitted = arm().baseline->fit(
      training_rows(run), rows_.data.dev, rows_.data.test, context_.request.seed, context_.threads);
  Outcome outcome;
  outcome.about.params_total = outcome.about.params_trunk = fitted.parameters;
  outcome.about.params_embedding = 0;
  outcome.about.flops = fitted.flops;
  outcome.about.wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
  outcome.dev = scored_of(rows_.data.dev, fitted.dev);
  outcome.test = scored_of(rows_.data.test, fitted.test);
  outcome.recipe =
      toml_line("settings", fitted.settings) + fmt::format("run.trials = {}\n", fitted.trials);
  return outcome;
}

std::unique_ptr<FinetuneRun> EvaluateCell::prepare(const PlannedRun& run, double rate) const {
  FinetuneData data;
  data.train = training_rows(run);
  data.dev = rows_.data.dev;
  data.test = rows_.data.test;
  FinetuneOptions options = context_.options.finetune();
  options.train.lr = rate;
  if (options.metric == "auto") options.metric = task().metric;
  const bool is_cnn = arm().run.empty();
  if (is_cnn) {
    options.pool = "cls";  // its one state
    options.mode = "full";
  }
  FinetuneSetting setting;
  setting.task = task().name;
  setting.seed = static_cast<uint64_t>(run.seed);
  setting.scratch = arm().is_scratch();
  setting.device = context_.device;
  setting.bf16 = context_.bf16;
  setting.quiet = true;
  if (!arm().is_scratch()) setting.stored = stored_;  // fresh weights change with the seed
  return std::make_unique<FinetuneRun>(load_arm(arm(), context_.device, setting.seed),
                                       std::move(data), std::move(options),
                                       context_.options.training, std::move(setting));
}

std::vector<EvaluateCell::Trial> EvaluateCell::read_trials() const {
  std::vector<Trial> trials;
  const std::string file = trials_path();
  if (!fs::exists(file)) return trials;
  const std::string text = read_text_file(file);
  if (text.find(kKeyLine + key(runs_[0]) + "\n") == std::string::npos) return trials;
  for (const std::vector<std::string>& row : read_text_table(file).rows) {
    Trial trial;
    parse_double(row[0], &trial.rate);
    parse_double(row[1], &trial.score);
    parse_double(row[2], &trial.flops);
    parse_double(row[3], &trial.wall_s);
    trial.message = row[4];
    trials.push_back(trial);
  }
  return trials;
}

void EvaluateCell::write_trials() const {
  std::string text = provenance_lines("") + kKeyLine + key(runs_[0]) + "\n" +
                     "#rate\tdev_score\tflops\twall_s\tmessage\n";
  for (const Trial& trial : trials_) {
    text += fmt::format("{}\t{}\t{}\t{:.3f}\t{}\n", format_number(trial.rate),
                        std::isnan(trial.score) ? "" : format_number(trial.score),
                        format_number(trial.flops), trial.wall_s, trial.message);
  }
  write_text_file(trials_path(), text);
}

// Rates that an interrupted evaluation has tried are not tried again.
void EvaluateCell::choose_rate() {
  if (chosen_) return;
  trials_ = read_trials();
  std::string metric = task().metric;
  double best_score = ResultRow::kNone;
  for (const double rate : context_.options.rates) {
    const auto tried = std::find_if(trials_.begin(), trials_.end(),
                                    [&](const Trial& trial) { return trial.rate == rate; });
    if (tried != trials_.end()) {
      if (is_better(metric, tried->score, best_score)) best_score = tried->score, rate_ = rate;
      continue;
    }
    Trial trial;
    trial.rate = rate;
    std::unique_ptr<FinetuneRun> run = prepare(runs_[0], rate);
    metric = run->metric();
    try {
      TrainResult result = run->train({});
      trial.score = result.best_score;
      trial.flops = run->about().flops;
      trial.wall_s = run->about().wall_s;
      if (is_better(metric, trial.score, best_score)) {
        best_score = trial.score;
        rate_ = rate;
        best_ = std::move(run);
        best_result_ = std::move(result);
      }
    } catch (const InputError& error) {  // training broke with this rate; the next may hold
      trial.message = as_cell(error.what());
    }
    log::debug("{} {}: rate {}: {} {:.4f} on dev", task().name, arm().name, format_number(rate),
               metric, trial.score);
    trials_.push_back(trial);
    write_trials();
  }
  if (std::isnan(best_score))
    throw InputError("no learning rate worked: " + trials_.back().message);
  chosen_ = true;
}

EvaluateCell::Outcome EvaluateCell::train(const PlannedRun& run) {
  choose_rate();
  const bool is_first = &run == &runs_[0];
  std::unique_ptr<FinetuneRun> tuned = is_first ? std::move(best_) : nullptr;
  TrainResult result = best_result_;
  if (tuned == nullptr || tuned->options().train.lr != rate_) {
    tuned = prepare(run, rate_);
    result = tuned->train({});
  }
  Outcome outcome;
  outcome.dev = tuned->predict_dev();
  outcome.test = tuned->predict_test();
  outcome.about = tuned->about();
  if (arm().run.empty()) outcome.about.tokens_per_base = ResultRow::kNone;  // it has no tokens
  // The first run bears what choosing cost, so that the sum over runs is what was spent.
  for (const Trial& trial : trials_) {
    if (!is_first || trial.rate == rate_) continue;
    outcome.about.flops += trial.flops;
    outcome.about.wall_s += trial.wall_s;
  }
  outcome.recipe =
      fmt::format("run.best_step = {}\nrun.steps = {}\n", result.best_step, result.steps) +
      tuned->recipe_text();
  outcome.log = result.log;
  return outcome;
}

// Dev by the metric that chose; test on all items and on those without a near copy, side by side.
ResultTable EvaluateCell::scores(const Outcome& outcome) const {
  const LabelledSet &dev = rows_.data.dev, &test = rows_.data.test;
  ResultRow about = outcome.about;
  ResultTable table;
  about.data_hash = dev.sha256;
  table.rows.push_back(
      score_row(outcome.dev, "dev", task().metric, about, false, context_.threads));
  about.data_hash = test.sha256;
  const Scored unseen = outcome.test.subset(rows_.unseen);
  for (const std::string& metric : metric_names(test.regression)) {
    const bool interval = metric == task().metric || ItemScorer(outcome.test, metric).fast();
    table.rows.push_back(
        score_row(outcome.test, "test", metric, about, interval, context_.threads));
    if (rows_.unseen.empty()) continue;
    table.rows.push_back(
        score_row(unseen, "test_unseen", metric, about, interval, context_.threads));
  }
  return table;
}

void EvaluateCell::leave(const PlannedRun& run, const Outcome& outcome,
                         const ResultTable& table) const {
  write_predictions(predictions_of(outcome.test, rows_.data.test, outcome.about),
                    context_.request.command, path(run, "test_predictions.tsv"));
  if (!outcome.log.empty()) write_text_file(path(run, "log.tsv"), outcome.log);
  write_text_file(path(run, "recipe.toml"), outcome.recipe);
  table.write(path(run, "results.tsv"));
}

ResultTable EvaluateCell::leave_failure(const PlannedRun& run, const std::string& message) const {
  remove_folder(path(run, ""));
  ResultTable table;
  ResultRow row = cells_of(run, {});
  row.status = kFailed;
  row.message = as_cell(message);
  row.data_hash = rows_.data.test.sha256;
  table.rows.push_back(std::move(row));
  write_text_file(path(run, "recipe.toml"), toml_line("key", key(run)) + run_text(run));
  table.write(path(run, "results.tsv"));
  return table;
}

ResultTable EvaluateCell::perform(const PlannedRun& run) {
  try {
    remove_folder(path(run, ""));
    Outcome outcome = arm().is_trained() ? train(run) : fit(run);
    outcome.about = cells_of(run, std::move(outcome.about));
    outcome.recipe = toml_line("key", key(run)) + run_text(run) + outcome.recipe;
    outcome.about.recipe = sha256_of(outcome.recipe).substr(0, 16);
    const ResultTable table = scores(outcome);
    leave(run, outcome, table);
    return table;
  } catch (const IoError&) {
    throw;  // a full disk fails every run after it
  } catch (const Error& error) {
    return leave_failure(run, error.what());
  } catch (const c10::Error& error) {
    return leave_failure(run, short_message(error));
  }
}

}  // namespace lexome
