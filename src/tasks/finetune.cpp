#include "tasks/finetune.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "lexome/error.h"
#include "tasks/baseline.h"
#include "tasks/finetune_results.h"
#include "tasks/rows.h"
#include "tasks/task_model.h"
#include "tensor/compat.h"
#include "tensor/device.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t kScoringRows = 64;
constexpr int64_t kScoringBases = 32 * 1024;

// One set with its batches and, for a probe, its pooled vectors.
struct Side {
  const LabelledSet* set = nullptr;
  std::unique_ptr<LabelledBatches> batches;
  Tensor features_ND;
};

class FinetuneRun {
 public:
  explicit FinetuneRun(const FinetuneRequest& request)
      : request_(request), options_(FinetuneOptions::from(request.recipe)) {
    if (!request_.dry_run) check_run_folder(request_.out, request_.resume, request_.force);
    settle_threads(request_.machine.threads);
    device_ = choose_device(request_.machine.device);
    const std::string& precision = request_.machine.precision;
    bf16_ = choose_bf16(precision == "auto" ? options_.train.precision : precision, device_);
    data_ = read_finetune_data(request_, options_);
    prepare_model();
    prepare_sides();
    about_ = about();
  }

  ResultTable operator()() {
    if (request_.dry_run) {
      estimate();
      return {};
    }
    remove_old_results();
    const Clock::time_point begin = Clock::now();
    if (options_.mode == "probe") store_features();
    const TrainResult result = run_training(setup(), hooks());
    about_.wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
    about_.flops = training_flops(result);
    return score(result);
  }

 private:
  bool probe() const { return options_.mode == "probe"; }

  void prepare_model() {
    LoadedModel loaded =
        load_model(request_.model, device_, request_.scratch ? &request_.seed : nullptr);
    if (loaded.state.contains("task") && !request_.scratch) {
      log::info("{} was fine-tuned before; its encoder is kept and the task head is new",
                request_.model);
    }
    TaskSpec spec;
    spec.name = options_.task.empty() ? task_name(request_.train) : options_.task;
    spec.regression = data_.train.regression;
    spec.classes = data_.train.classes;
    spec.pool = options_.pool;
    spec.probe = probe();
    spec.dropout = options_.dropout;
    spec.keep = options_.keep;
    if (spec.regression) standardise(&spec);
    model_.emplace(std::move(loaded), std::move(spec), device_, bf16_, request_.seed);
    metric_ = options_.metric;
    if (metric_ == "auto") metric_ = metric_names(model_->spec().regression)[0];
    const std::vector<std::string>& known = metric_names(model_->spec().regression);
    if (metric_ != "loss" && std::find(known.begin(), known.end(), metric_) == known.end()) {
      throw ConfigError(fmt::format("finetune.metric: '{}' does not apply here; choose loss, {}",
                                    metric_, fmt::join(known, ", ")));
    }
  }

  void standardise(TaskSpec* spec) const {
    double sum = 0, squares = 0;
    const auto count = static_cast<double>(data_.train.rows.size());
    for (const LabelledRow& row : data_.train.rows) sum += row.value;
    spec->value_mean = sum / count;
    for (const LabelledRow& row : data_.train.rows) {
      squares += (row.value - spec->value_mean) * (row.value - spec->value_mean);
    }
    if (squares == 0) {
      throw InputError(data_.train.path + ": all values are the same; there is nothing to learn");
    }
    spec->value_scale = std::sqrt(squares / count);
  }

  void prepare_sides() {
    const int64_t max_tokens = model_->model().max_tokens();
    const auto tokenizer = model_->loaded().tokenizer;
    CollateOptions how;
    how.max_tokens = max_tokens;
    const auto collator = std::make_shared<Collator>(tokenizer, nullptr, how);
    for (const auto& [side, set, name] : {std::tuple{&train_, &data_.train, "train"},
                                          {&dev_, &data_.dev, "dev"},
                                          {&test_, &data_.test, "test"}}) {
      RowFitter fitter(tokenizer, max_tokens, options_.keep);
      fitter.cut(set);
      fitter.say(name);
      side->set = set;
      side->batches = std::make_unique<LabelledBatches>(*set, collator, options_.train.batch,
                                                        request_.seed, options_.both_strands);
    }
    options_.settle(request_.recipe, train_.batches->per_epoch());
    log::info(
        "task {}: {} train, {} dev, {} test rows, {}; {} updates of {} rows", model_->spec().name,
        data_.train.rows.size(), data_.dev.rows.size(), data_.test.rows.size(),
        model_->spec().regression ? "values"
                                  : fmt::format("classes {}", fmt::join(data_.train.classes, ", ")),
        options_.train.steps, options_.train.batch * options_.train.accumulate);
  }

  // Cells that all result rows of this run share.
  ResultRow about() {
    const LoadedModel& loaded = model_->loaded();
    ResultRow row;
    row.task = model_->spec().name;
    const Recipe::Setting* name = loaded.recipe.find("model.name");
    row.model = (name == nullptr ? "model" : name->value) + (probe() ? "-probe" : "") +
                (request_.scratch ? "-scratch" : "");
    row.finetune_seed = static_cast<int64_t>(request_.seed);
    const ParameterCounts counts = model_->model().parameter_counts();
    row.params_trunk = counts.trunk;
    row.params_embedding = counts.embedding;
    row.params_total = counts.total;
    row.bases_seen = 0;
    if (!request_.scratch) {
      row.pretrain_seed =
          loaded.state.value("pretrain_seed", loaded.state.value("seed", int64_t{-1}));
      row.bases_seen = pretraining_bases();
    }
    row.recipe = sha256_of(recipe_text()).substr(0, 16);
    return row;
  }

  int64_t pretraining_bases() const {
    const nlohmann::json& state = model_->loaded().state;
    if (state.contains("pretrain_bases")) return state["pretrain_bases"].get<int64_t>();
    return state.value("loop", nlohmann::json::object()).value("bases", int64_t{-1});
  }

  // The model's recipe with this run's sections in place of older ones, sorted by key.
  std::string recipe_text() const {
    std::vector<std::string> lines;
    const auto take = [&lines](const std::string& text, bool all) {
      for (const std::string_view line : split(text, '\n')) {
        const bool ours = line.rfind("finetune.", 0) == 0 || line.rfind("train.", 0) == 0;
        if (!trim(line).empty() && (all || !ours)) lines.emplace_back(line);
      }
    };
    take(model_->loaded().recipe_text, false);
    FinetuneOptions copy = options_;
    take(copy.schema().dump(), true);
    std::sort(lines.begin(), lines.end());
    return fmt::format("{}\n", fmt::join(lines, "\n"));
  }

  TrainerSetup setup() const {
    TrainerSetup setup;
    setup.options = options_.train;
    setup.seed = request_.seed;
    setup.threads = compute_threads();
    setup.device = device_;
    setup.bf16 = bf16_;
    setup.out = request_.out;
    setup.resume = request_.resume;
    setup.force = request_.force;
    setup.what = "fine-tuning";
    setup.parameters = model_->parameters();
    setup.tensors = model_->tensors();
    setup.recipe = recipe_text();
    setup.tokenizer = model_->tokenizer().to_json();
    setup.state["task"] = model_->spec().to_json();
    setup.state["from"] = request_.scratch ? "scratch" : model_->loaded().sha256;
    setup.state["pretrain_seed"] = about_.pretrain_seed;
    setup.state["pretrain_bases"] = about_.bases_seen;
    setup.state["data"] = {{"train", data_.train.sha256},
                           {"dev", data_.dev_is_split ? "split of train" : data_.dev.sha256},
                           {"test", data_.test.rows.empty() ? "" : data_.test.sha256}};
    setup.constants = {{"train_rows", static_cast<double>(data_.train.rows.size())},
                       {"dev_rows", static_cast<double>(data_.dev.rows.size())},
                       {"test_rows", static_cast<double>(data_.test.rows.size())},
                       {"test_duplicates", static_cast<double>(data_.test_duplicates.same +
                                                               data_.test_duplicates.reversed)}};
    return setup;
  }

  TrainerHooks hooks() {
    TrainerHooks hooks;
    hooks.make_batch = [this](uint64_t index) {
      return probe() ? stored_batch(index) : train_.batches->training_batch(index);
    };
    hooks.loss = [this](const TensorBatch& batch, const Pass& pass) {
      const Tensor pooled_BD = probe() ? stored_features(batch) : model_->pooled(batch, pass);
      Loss loss;
      loss.total = model_->loss(model_->logits(pooled_BD, pass), batch.targets_B);
      loss.labels = batch.lengths_B.size(0);
      return loss;
    };
    hooks.evaluate = [this](int64_t) { return evaluate(); };
    return hooks;
  }

  // A batch that only names rows of the stored features: their indices stand as origins.
  Batch stored_batch(uint64_t index) const {
    Batch batch;
    for (const int64_t row : train_.batches->training_rows(index)) {
      Locus locus;
      locus.start = row;
      batch.origin.push_back(locus);
      batch.lengths.push_back(1);
      const LabelledRow& labelled = data_.train.rows[static_cast<size_t>(row)];
      if (data_.train.regression) {
        batch.values.push_back(labelled.value);
      } else {
        batch.targets.push_back(labelled.label);
      }
      batch.num_bases += static_cast<int64_t>(labelled.bases.size());
    }
    batch.rows = static_cast<int64_t>(batch.lengths.size());
    return batch;
  }

  Tensor stored_features(const TensorBatch& batch) const {
    std::vector<int64_t> rows;
    for (const Locus& locus : batch.plain->origin) rows.push_back(locus.start);
    const Tensor index = torch::tensor(rows, torch::kInt64).to(device_);
    return train_.features_ND.index_select(0, index);
  }

  void store_features() {
    log::info("computing the frozen encoder's vectors once");
    for (Side* side : {&train_, &dev_, &test_}) side->features_ND = features(*side);
    model_->set_feature_scale(train_.features_ND);
  }

  // Calls `use` with every row of a side once, in groups of similar length.
  template <class Use>
  void for_groups(const Side& side, Use use) const {
    std::vector<int64_t> lengths;
    for (const LabelledRow& row : side.set->rows) {
      lengths.push_back(static_cast<int64_t>(row.bases.size()));
    }
    for (const std::vector<int64_t>& group :
         group_by_length(lengths, kScoringRows, kScoringBases)) {
      use(group, side.batches->batch_of(group));
    }
  }

  Tensor features(const Side& side) {
    const torch::NoGradGuard no_grad;
    Tensor all_ND =
        torch::zeros({static_cast<int64_t>(side.set->rows.size()), model_->model().width()},
                     torch::TensorOptions().dtype(torch::kFloat32).device(device_));
    Pass pass;
    pass.bf16 = bf16_;
    for_groups(side, [&](const std::vector<int64_t>& group, const Batch& batch) {
      const Tensor index = torch::tensor(group, torch::kInt64).to(device_);
      all_ND.index_copy_(0, index, model_->pooled(to_tensor(batch, device_), pass));
    });
    return all_ND;
  }

  Scored predict(const Side& side) {
    Scored scored = scored_truth(*side.set);
    const auto width = static_cast<size_t>(model_->spec().outputs());
    if (probe()) {
      scored.scores = model_->predict_pooled(side.features_ND);
      return scored;
    }
    scored.scores.resize(side.set->rows.size() * width);
    for_groups(side, [&](const std::vector<int64_t>& group, const Batch& batch) {
      const std::vector<double> rows = model_->predict(batch);
      for (size_t i = 0; i < group.size(); ++i) {
        std::copy_n(rows.begin() + static_cast<int64_t>(i * width), width,
                    scored.scores.begin() + group[i] * static_cast<int64_t>(width));
      }
    });
    return scored;
  }

  Evaluation evaluate() {
    const Scored scored = predict(dev_);
    Evaluation evaluation;
    evaluation.higher_is_better = metric_ != "loss" && larger_is_better(metric_);
    evaluation.metrics.emplace_back("loss", mean_loss(scored));
    for (const std::string& name : metric_names(scored.classes == 0)) {
      evaluation.metrics.emplace_back(name, metric_value(name, scored));
    }
    for (const auto& [name, value] : evaluation.metrics) {
      if (name == metric_) evaluation.score = value;
    }
    // A metric without meaning (constant predictions) is the worst there is.
    if (std::isnan(evaluation.score)) {
      evaluation.score = std::numeric_limits<double>::max();
      if (evaluation.higher_is_better) evaluation.score *= -1;
    }
    return evaluation;
  }

  double training_flops(const TrainResult& result) {
    const auto rows = static_cast<double>(data_.train.rows.size());
    if (probe()) return rows * model_->model().forward_flops(1, mean_tokens());
    const auto seen =
        static_cast<double>(result.steps * options_.train.batch * options_.train.accumulate);
    return 3 * seen * model_->model().forward_flops(1, mean_tokens());
  }

  int64_t mean_tokens() const {
    const std::vector<int64_t> rows = train_.batches->training_rows(0);
    return train_.batches->batch_of(rows).tokens;
  }

  // What an earlier run left here must not stand beside the new checkpoint.
  void remove_old_results() const {
    for (const char* name :
         {"results.tsv", "test_predictions.tsv", "test_predictions.kmer-lr.tsv"}) {
      std::error_code ignored;
      fs::remove(fs::path(request_.out) / name, ignored);
    }
  }

  // The best weights are in place: dev once more for the table, test for the first and only time.
  ResultTable score(const TrainResult& result) {
    const int threads = compute_threads();
    const std::string role = request_.scratch ? kRoleScratch : kRolePretrained;
    ResultTable table;
    const Scored dev = predict(dev_);
    add_result_rows(dev, "dev", data_.dev, nullptr, about_, threads, &table);
    log::info("best checkpoint: step {} ({} {:.4f} on dev); dev: {}", result.best_step, metric_,
              result.best_score, scores_line(dev));
    const auto path = [&](const char* name) { return (fs::path(request_.out) / name).string(); };
    if (!data_.test.rows.empty()) {
      const Scored test = predict(test_);
      add_result_rows(test, "test", data_.test, &data_.test_duplicates, about_, threads, &table);
      log::info("{} on test: {}", about_.model, scores_line(test));
      write_predictions(predictions_of(test, data_.test, about_, role), request_.command,
                        path("test_predictions.tsv"));
    }
    if (options_.baseline) {
      const BaselineScores baseline = score_kmer_baseline(data_, about_, threads, &table);
      if (!data_.test.rows.empty()) {
        log::info("{} on test: {}", baseline.about.model, scores_line(baseline.test));
        write_predictions(predictions_of(baseline.test, data_.test, baseline.about, kRoleBaseline),
                          request_.command, path("test_predictions.kmer-lr.tsv"));
      }
    }
    table.write(path("results.tsv"));
    log::info("results in {}", path("results.tsv"));
    return table;
  }

  // Two real updates, timed: what a run would take.
  void estimate() {
    if (probe()) store_features();
    TrainerSetup trial = setup();
    const int64_t updates = trial.options.steps;
    trial.out.clear();
    trial.resume = false;
    trial.options.steps = 3;
    trial.options.warmup = 0;
    trial.options.eval_every = 0;
    TrainerHooks without = hooks();
    without.evaluate = nullptr;
    const TrainResult result = run_training(trial, without);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    log::info(
        "dry run: {} updates at {:.3f} s each: about {:.1f} minutes without evaluation; peak "
        "memory "
        "so far {}",
        updates, result.seconds / 3, result.seconds / 3 * static_cast<double>(updates) / 60,
        human_bytes(int64_t{usage.ru_maxrss} * 1024));
  }

  const FinetuneRequest& request_;
  FinetuneOptions options_;
  torch::Device device_{torch::kCPU};
  bool bf16_ = false;
  FinetuneData data_;
  std::optional<TaskModel> model_;
  std::string metric_;
  Side train_, dev_, test_;
  ResultRow about_;
};

}  // namespace

ResultTable finetune(const FinetuneRequest& request) { return FinetuneRun(request)(); }

}  // namespace lexome
