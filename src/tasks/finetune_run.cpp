// The pieces of a fine-tuning. A full one trains encoder and head; a probe computes the frozen
// encoder's vectors once and trains the head on them.
#include "tasks/finetune_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/log.h"
#include "base/text.h"
#include "data/pieces.h"
#include "lexome/error.h"
#include "tasks/finetune_results.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kScoringRows = 64;
constexpr int64_t kScoringBases = 32 * 1024;
constexpr size_t kMeasuredRows = 2000;  // training rows that token counts are measured on

}  // namespace

FinetuneRun::FinetuneRun(LoadedModel loaded, FinetuneData data, FinetuneOptions options,
                         const Recipe& recipe, FinetuneSetting setting)
    : setting_(std::move(setting)), options_(std::move(options)), data_(std::move(data)) {
  prepare_model(std::move(loaded));
  prepare_sides(recipe);
  measure_rows();
  fill_about();
}

void FinetuneRun::prepare_model(LoadedModel loaded) {
  if (setting_.scratch) {
    facts_.bases = 0;
    facts_.flops = 0;
  } else {
    facts_ = pretraining_facts(loaded);
  }
  TaskSpec spec;
  spec.name = setting_.task;
  spec.regression = data_.train.regression;
  spec.classes = data_.train.classes;
  spec.pool = options_.pool;
  spec.probe = probe();
  spec.head = options_.head;
  spec.dropout = options_.dropout;
  spec.keep = options_.keep;
  plan_pieces(loaded, &spec);
  if (spec.regression) standardise(&spec);
  model_.emplace(std::move(loaded), std::move(spec), setting_.device, setting_.bf16, setting_.seed);
  if (adapted()) model_->adapt(options_.lora, setting_.seed);
  metric_ = options_.metric;
  if (metric_ == "auto") metric_ = metric_names(model_->spec().regression)[0];
  const std::vector<std::string>& known = metric_names(model_->spec().regression);
  if (metric_ != "loss" && std::find(known.begin(), known.end(), metric_) == known.end()) {
    throw ConfigError(fmt::format("finetune.metric: '{}' does not apply here; choose loss, {}",
                                  metric_, fmt::join(known, ", ")));
  }
}

// A dense layer over pieces has as many places as the longest training row needs.
void FinetuneRun::plan_pieces(const LoadedModel& loaded, TaskSpec* spec) const {
  spec->long_inputs = options_.long_inputs;
  const bool learned = spec->long_inputs == "concat" || spec->long_inputs == "recurrent";
  if (probe() && learned) {
    throw ConfigError(fmt::format(
        "finetune.long = {} has weights to train below the last layer, but finetune.mode = probe "
        "trains the last layer alone; choose mean or max",
        spec->long_inputs));
  }
  if (spec->long_inputs != "concat") return;
  const int64_t room = loaded.model->max_tokens() - num_added_specials(*loaded.tokenizer);
  spec->pieces = 1;
  for (const LabelledRow& row : data_.train.rows) {
    // No row has more tokens than bases.
    if (static_cast<int64_t>(row.bases.size()) <= spec->pieces * room) continue;
    const auto tokens = static_cast<int64_t>(loaded.tokenizer->encode_one(row.bases).size());
    spec->pieces = std::max(spec->pieces, num_pieces(tokens, room));
  }
  if (!setting_.quiet) log::info("long sequences are read in up to {} pieces", spec->pieces);
}

void FinetuneRun::standardise(TaskSpec* spec) const {
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

void FinetuneRun::prepare_sides(const Recipe& recipe) {
  const auto tokenizer = model_->loaded().tokenizer;
  const auto collator = std::make_shared<Collator>(tokenizer, nullptr, model_->collate_options());
  for (const auto& [side, set, name] : {std::tuple{&train_, &data_.train, "train"},
                                        {&dev_, &data_.dev, "dev"},
                                        {&test_, &data_.test, "test"}}) {
    RowFitter fitter(tokenizer, model_->longest_row(), options_.keep);
    fitter.cut(set);
    fitter.say(name);
    side->set = set;
    side->batches = std::make_unique<LabelledBatches>(*set, collator, options_.train.batch,
                                                      setting_.seed, options_.both_strands);
  }
  options_.settle(recipe, train_.batches->per_epoch(), setting_.quiet);
}

// What a row costs, from the first training rows: tokens a base, operations of a forward pass.
void FinetuneRun::measure_rows() {
  const Tokenizer& tokenizer = model_->tokenizer();
  int64_t tokens = 0, bases = 0;
  const size_t rows = std::min(kMeasuredRows, data_.train.rows.size());
  for (size_t i = 0; i < rows; ++i) {
    const Bases& row = data_.train.rows[i].bases;
    tokens += static_cast<int64_t>(tokenizer.encode_one(row).size());
    bases += static_cast<int64_t>(row.size());
  }
  const auto count = static_cast<double>(std::max<size_t>(1, rows));
  const int64_t row_tokens = std::llround(static_cast<double>(tokens) / count);
  const int64_t added = num_added_specials(tokenizer);
  const int64_t pieces = num_pieces(row_tokens, model_->model().max_tokens() - added);
  row_flops_ =
      model_->model().forward_flops(pieces, std::max<int64_t>(1, row_tokens / pieces + added), 0);
  if (bases > 0) {
    about_.tokens_per_base = static_cast<double>(tokens) / static_cast<double>(bases);
  }
}

void FinetuneRun::fill_about() {
  const LoadedModel& loaded = model_->loaded();
  about_.task = model_->spec().name;
  const Recipe::Setting* name = loaded.recipe.find("model.name");
  about_.model = (name == nullptr ? "model" : name->value) + (probe() ? "-probe" : "") +
                 (adapted() ? "-lora" : "") + (setting_.scratch ? "-scratch" : "");
  about_.role = setting_.scratch ? kRoleScratch : kRolePretrained;
  about_.finetune_seed = static_cast<int64_t>(setting_.seed);
  const ParameterCounts counts = model_->model().parameter_counts();
  about_.params_trunk = counts.trunk;
  about_.params_embedding = counts.embedding;
  about_.params_total = counts.total;
  add_facts(facts_, &about_);
  about_.recipe = sha256_of(recipe_text()).substr(0, 16);
}

std::string FinetuneRun::recipe_text() const {
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

TrainerSetup FinetuneRun::setup() const {
  TrainerSetup setup;
  setup.options = options_.train;
  setup.seed = setting_.seed;
  setup.threads = compute_threads();
  setup.device = setting_.device;
  setup.bf16 = setting_.bf16;
  setup.quiet = setting_.quiet;
  setup.what = "fine-tuning";
  setup.parameters = model_->parameters();
  setup.tensors = model_->tensors();
  setup.recipe = recipe_text();
  setup.tokenizer = model_->tokenizer().to_json();
  setup.state["task"] = model_->spec().to_json();
  setup.state["from"] = setting_.scratch ? "scratch" : model_->loaded().sha256;
  setup.state.update(to_json(facts_));
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

TrainerHooks FinetuneRun::hooks() {
  TrainerHooks hooks;
  hooks.make_batch = [this](uint64_t index) {
    return probe() ? stored_batch(index) : train_.batches->training_batch(index);
  };
  hooks.loss = [this](const TensorBatch& batch, const Pass& pass) {
    if (adapted()) model_->lora()->begin(pass.seed, pass.step);
    const Tensor pooled_BD = probe() ? stored_features(batch) : model_->pooled(batch, pass);
    Loss loss;
    loss.total = model_->loss(model_->logits(pooled_BD, pass), batch.targets_B);
    loss.labels = batch.lengths_B.size(0);
    return loss;
  };
  if (adapted()) hooks.updated = [this](int64_t) { model_->lora()->merge(); };
  hooks.evaluate = [this](int64_t) { return evaluate(); };
  return hooks;
}

// A batch that only names rows of the stored features: their indices stand as origins.
Batch FinetuneRun::stored_batch(uint64_t index) const {
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

Tensor FinetuneRun::stored_features(const TensorBatch& batch) const {
  std::vector<int64_t> rows;
  for (const Locus& locus : batch.plain->origin) rows.push_back(locus.start);
  const Tensor index = torch::tensor(rows, torch::kInt64).to(setting_.device);
  return train_.features_ND.index_select(0, index);
}

void FinetuneRun::store_features() {
  if (!setting_.quiet) log::info("computing the frozen encoder's vectors once");
  for (Side* side : {&train_, &dev_, &test_}) side->features_ND = features(*side);
  model_->set_feature_scale(train_.features_ND);
}

// Calls `use` with every row of a side once, in groups of similar length.
void FinetuneRun::for_groups(
    const Side& side,
    const std::function<void(const std::vector<int64_t>& group, const Batch& batch)>& use) const {
  std::vector<int64_t> lengths;
  for (const LabelledRow& row : side.set->rows) {
    lengths.push_back(static_cast<int64_t>(row.bases.size()));
  }
  for (const std::vector<int64_t>& group : group_by_length(lengths, kScoringRows, kScoringBases)) {
    use(group, side.batches->batch_of(group));
  }
}

Tensor FinetuneRun::features(const Side& side) {
  std::string rows;
  for (const LabelledRow& row : side.set->rows) {
    rows.append(reinterpret_cast<const char*>(row.bases.data()), row.bases.size());
    rows += '\n';
  }
  const std::string key = sha256_of(rows);
  auto found = setting_.stored->find(key);
  if (found == setting_.stored->end()) {
    found = setting_.stored->emplace(key, compute_features(side)).first;
  }
  return found->second;
}

Tensor FinetuneRun::compute_features(const Side& side) {
  const torch::NoGradGuard no_grad;
  about_.flops += static_cast<double>(side.set->rows.size()) * row_flops_;
  Tensor all_ND =
      torch::zeros({static_cast<int64_t>(side.set->rows.size()), model_->model().width()},
                   torch::TensorOptions().dtype(torch::kFloat32).device(setting_.device));
  Pass pass;
  pass.bf16 = setting_.bf16;
  for_groups(side, [&](const std::vector<int64_t>& group, const Batch& batch) {
    const Tensor index = torch::tensor(group, torch::kInt64).to(setting_.device);
    all_ND.index_copy_(0, index, model_->pooled(to_tensor(batch, setting_.device), pass));
  });
  return all_ND;
}

Scored FinetuneRun::predict(const Side& side) {
  Scored scored = scored_truth(*side.set);
  if (!probe()) about_.flops += static_cast<double>(side.set->rows.size()) * row_flops_;
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

Evaluation FinetuneRun::evaluate() {
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

// Training. What scoring and a frozen encoder's vectors cost is added where it happens.
double FinetuneRun::flops_of(const TrainResult& result) const {
  if (probe()) return 0;
  const auto seen =
      static_cast<double>(result.steps * options_.train.batch * options_.train.accumulate);
  return 3 * seen * row_flops_;
}

TrainResult FinetuneRun::train(const FinetuneFolder& folder) {
  const Clock::time_point begin = Clock::now();
  about_.flops = 0;
  if (probe()) store_features();
  TrainerSetup trainer = setup();
  trainer.out = folder.out;
  trainer.resume = folder.resume;
  trainer.force = folder.force;
  TrainResult result = run_training(trainer, hooks());
  about_.wall_s = std::chrono::duration<double>(Clock::now() - begin).count();
  about_.flops += flops_of(result);
  return result;
}

TrainResult FinetuneRun::try_updates(int64_t updates) {
  if (probe()) store_features();
  TrainerSetup trial = setup();
  trial.options.steps = updates;
  trial.options.warmup = 0;
  trial.options.eval_every = 0;
  TrainerHooks without = hooks();
  without.evaluate = nullptr;
  return run_training(trial, without);
}

}  // namespace lexome
