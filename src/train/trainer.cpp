// The loop. A step gathers its micro-batches first, so that each counts by its labels; one
// read-back of loss and gradient norm a step feeds guard and log. All that a resumed run needs
// beyond tensors stands in state.json under "loop".
#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>

#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "data/loader.h"
#include "lexome/error.h"
#include "tensor/compat.h"
#include "train/run_folder.h"

namespace lexome {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The slow average of the loss forgets over about 200 steps and stands still while the loss is
// above the margin, so that a slow divergence cannot drag it along.
constexpr double kSlowDecay = 0.995;
constexpr int64_t kSlowWarmup = 50;

// Sums since the last log line.
struct Interval {
  double loss = 0, norm = 0;
  int64_t steps = 0, labels = 0, tokens = 0, hidden = 0, bases = 0;
};

// What resuming must know besides the tensors.
struct LoopState {
  int64_t step = 0, best_step = -1, since_best = 0, bad_steps = 0, bad_since = -1, slow_count = 0;
  double best_score = 0, slow = 0, seconds = 0, last_loss = 0;
  int64_t tokens = 0, bases = 0;
  bool pending_evaluation = false, stopped_early = false;
  Interval interval;

  nlohmann::json to_json() const {
    return {{"best_step", best_step},
            {"best_score", best_score},
            {"since_best", since_best},
            {"bad_steps", bad_steps},
            {"bad_since", bad_since},
            {"slow", slow},
            {"slow_count", slow_count},
            {"seconds", seconds},
            {"last_loss", last_loss},
            {"tokens", tokens},
            {"bases", bases},
            {"pending_evaluation", pending_evaluation},
            {"stopped_early", stopped_early},
            {"interval",
             {interval.loss, interval.norm, interval.steps, interval.labels, interval.tokens,
              interval.hidden, interval.bases}}};
  }
  void from_json(const nlohmann::json& json) {
    json.at("best_step").get_to(best_step);
    json.at("best_score").get_to(best_score);
    json.at("since_best").get_to(since_best);
    json.at("bad_steps").get_to(bad_steps);
    json.at("bad_since").get_to(bad_since);
    json.at("slow").get_to(slow);
    json.at("slow_count").get_to(slow_count);
    json.at("seconds").get_to(seconds);
    json.at("last_loss").get_to(last_loss);
    json.at("tokens").get_to(tokens);
    json.at("bases").get_to(bases);
    json.at("pending_evaluation").get_to(pending_evaluation);
    json.at("stopped_early").get_to(stopped_early);
    const nlohmann::json& sums = json.at("interval");
    interval = {sums.at(0), sums.at(1), sums.at(2), sums.at(3), sums.at(4), sums.at(5), sums.at(6)};
  }
};

// How much a micro-batch counts within its step.
int64_t weight_of(const Batch& batch) {
  return batch.labels.empty() ? batch.rows : batch.num_labels;
}

class Run {
 public:
  Run(const TrainerSetup& setup, const TrainerHooks& hooks)
      : setup_(setup),
        options_(setup.options),
        hooks_(hooks),
        folder_(setup.out),
        optimizer_(setup.parameters, setup.options.adamw),
        schedule_(setup.options.make_schedule()) {}

  TrainResult operator()() {
    begin();
    if (state_.pending_evaluation) {
      const bool best = evaluate();
      if (best || done()) save(best);
    }
    const auto per_step = static_cast<uint64_t>(options_.accumulate);
    const int workers = setup_.threads > 1 ? std::max(1, setup_.threads / 4) : 0;
    if (!done()) {
      Loader loader(hooks_.make_batch, static_cast<uint64_t>(state_.step) * per_step,
                    static_cast<uint64_t>(options_.steps) * per_step, workers,
                    static_cast<int>(std::min<int64_t>(4 + options_.accumulate, 64)));
      Progress progress(setup_.what, options_.steps - state_.step, "step");
      const int64_t first = state_.step;
      const SignalFlag signals;
      while (!done()) {
        update(loader);
        progress.update(state_.step - first, fmt::format("loss {:.4f}", state_.last_loss));
        after_step(signals);
      }
      progress.finish();
    }
    return finish();
  }

 private:
  bool done() const { return state_.step >= options_.steps || state_.stopped_early; }

  void begin() {
    std::string from;
    CheckpointContents contents;
    if (setup_.resume) contents = folder_.reopen(&from);
    if (from.empty()) {
      if (setup_.resume && folder_.active()) {
        log::info("{}: nothing saved yet; starting at step 0", setup_.out);
      }
      folder_.start(setup_.recipe, setup_.tokenizer);
      for (const auto& [name, value] : setup_.constants) folder_.log(0, "data", name, value);
      folder_.flush_logs();
      return;
    }
    check_same_run(contents, from);
    assign_tensors(contents.model, setup_.tensors, from + "/model.safetensors");
    optimizer_.load_state(contents.optimizer, from + "/optimizer.safetensors");
    try {
      contents.state.at("step").get_to(state_.step);
      state_.from_json(contents.state.at("loop"));
    } catch (const nlohmann::json::exception& error) {
      throw FormatError(fmt::format("{}/state.json: {}", from, error.what()));
    }
    saved_step_ = state_.step;
    // A run that asks for more steps than the one that stopped early goes on.
    if (state_.stopped_early && options_.patience == 0) state_.stopped_early = false;
    log::info("resuming {} after step {}", setup_.out, state_.step);
  }

  // Keys that may change between the parts of one run: they move no weight that was already
  // computed.
  void check_same_run(const CheckpointContents& contents, const std::string& from) const {
    static constexpr const char* kMayChange[] = {"train.keep", "train.save_every", "train.patience",
                                                 "train.guard_margin", "train.guard_steps"};
    const Recipe then = Recipe::from_text(contents.recipe, from + "/recipe.toml");
    const Recipe now = Recipe::from_text(setup_.recipe, "this run");
    std::vector<std::string> keys;
    for (const auto& [key, setting] : now.settings()) keys.push_back(key);
    for (const auto& [key, setting] : then.settings()) {
      if (now.find(key) == nullptr) keys.push_back(key);
    }
    for (const std::string& key : keys) {
      const Recipe::Setting *was = then.find(key), *is = now.find(key);
      if (was != nullptr && is != nullptr && was->value == is->value) continue;
      if (std::find(std::begin(kMayChange), std::end(kMayChange), key) != std::end(kMayChange))
        continue;
      throw ConfigError(fmt::format(
          "--resume: {} is {} now but was {} when {} was saved; use the same recipe, "
          "or a new -o",
          key, is == nullptr ? "unset" : is->value, was == nullptr ? "unset" : was->value, from));
    }
    if (contents.tokenizer != setup_.tokenizer) {
      throw ConfigError(
          fmt::format("--resume: the vocabulary is not the one {} was trained with", from));
    }
    const uint64_t seed = contents.state.value("seed", setup_.seed);
    if (seed != setup_.seed) {
      throw ConfigError(fmt::format("--resume: the seed is {} now but was {}", setup_.seed, seed));
    }
    if (contents.state.value("bf16", setup_.bf16) != setup_.bf16) {
      throw ConfigError(fmt::format("--resume: the run computes in {}; give the same --precision",
                                    setup_.bf16 ? "fp32" : "bf16"));
    }
    if (contents.state.value("threads", compute_threads()) != compute_threads()) {
      log::warn("{} threads now, {} before: sums may differ in their last bits", compute_threads(),
                contents.state.value("threads", 0));
    }
  }

  void update(Loader& loader) {
    const Clock::time_point begin = Clock::now();
    const int64_t step = state_.step + 1;
    std::vector<Batch> batches(static_cast<size_t>(options_.accumulate));
    int64_t total_weight = 0;
    for (Batch& batch : batches) {
      if (!loader.next(&batch)) throw InternalError("the batches ended before the run did");
      total_weight += weight_of(batch);
    }
    if (total_weight == 0) {
      throw InputError(fmt::format(
          "step {}: no token to learn from; raise the share of masked tokens or the window length",
          step));
    }
    Tensor loss_sum;
    for (size_t micro = 0; micro < batches.size(); ++micro) {
      const Batch& batch = batches[micro];
      const int64_t weight = weight_of(batch);
      if (weight == 0) continue;
      Pass pass;
      pass.training = true;
      pass.seed = setup_.seed;
      pass.step = static_cast<uint64_t>(state_.step * options_.accumulate) + micro;
      pass.bf16 = setup_.bf16;
      const double share = static_cast<double>(weight) / static_cast<double>(total_weight);
      const Tensor loss = hooks_.loss(to_tensor(batch, setup_.device), pass).total * share;
      loss.backward();
      loss_sum = loss_sum.defined() ? loss_sum + loss.detach() : loss.detach();
      count(batch, weight);
    }
    const Tensor norm = optimizer_.step(schedule_.rate(step), options_.clip);
    optimizer_.zero_grad();
    const Tensor values =
        torch::stack({loss_sum.to(torch::kFloat32), norm.to(torch::kFloat32)}).to(torch::kCPU);
    const double loss = values[0].item<float>(), norm_value = values[1].item<float>();
    guard(step, loss, norm_value);
    state_.step = step;
    state_.last_loss = loss;
    state_.interval.loss += loss;
    state_.interval.norm += norm_value;
    ++state_.interval.steps;
    state_.seconds += seconds_since(begin);
    if (step % options_.log_every == 0 || step == options_.steps) log_interval();
  }

  void count(const Batch& batch, int64_t weight) {
    int64_t tokens = 0;
    for (const int32_t length : batch.lengths) tokens += length;
    state_.tokens += tokens;
    state_.bases += batch.num_bases;
    state_.interval.tokens += tokens;
    state_.interval.bases += batch.num_bases;
    if (!batch.labels.empty()) {
      state_.interval.labels += weight;
      state_.interval.hidden += batch.num_hidden_bases;
    }
  }

  void log_interval() {
    const Interval& sums = state_.interval;
    const auto steps = static_cast<double>(sums.steps);
    folder_.log(state_.step, "train", "loss", sums.loss / steps);
    folder_.log(state_.step, "train", "lr", schedule_.rate(state_.step));
    folder_.log(state_.step, "train", "grad_norm", sums.norm / steps);
    folder_.log(state_.step, "train", "tokens", static_cast<double>(state_.tokens));
    folder_.log(state_.step, "train", "bases", static_cast<double>(state_.bases));
    if (sums.labels > 0) {
      folder_.log(state_.step, "train", "masked_tokens",
                  static_cast<double>(sums.labels) / static_cast<double>(sums.tokens));
      folder_.log(
          state_.step, "train", "hidden_bases",
          static_cast<double>(sums.hidden) / static_cast<double>(std::max<int64_t>(1, sums.bases)));
    }
    folder_.time(state_.step, state_.seconds, state_.tokens, state_.bases);
    folder_.flush_logs();
    state_.interval = {};
  }

  [[noreturn]] void stop(int64_t good_before, const std::string& what) {
    const std::string good = folder_.folder_of(folder_.kept_before(good_before));
    throw InputError(fmt::format(
        "{}; {}; lower train.lr, lengthen train.warmup or use --precision fp32", what,
        good.empty() ? "no checkpoint was saved before" : "the last good checkpoint is " + good));
  }

  void guard(int64_t step, double loss, double norm) {
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      stop(step,
           fmt::format("training broke at step {}: loss {}, gradient norm {}", step, loss, norm));
    }
    const bool above =
        state_.slow_count >= kSlowWarmup && loss > state_.slow + options_.guard_margin;
    if (above) {
      if (state_.bad_steps++ == 0) state_.bad_since = step;
      if (options_.guard_steps > 0 && state_.bad_steps >= options_.guard_steps) {
        stop(state_.bad_since,
             fmt::format("training diverged: the loss ({:.4f}) has been more than {} above its "
                         "average ({:.4f}) "
                         "since step {}",
                         loss, options_.guard_margin, state_.slow, state_.bad_since));
      }
      return;
    }
    state_.bad_steps = 0;
    ++state_.slow_count;
    // A plain mean at first, so that the first losses do not weigh for ever.
    const double weight = std::max(1.0 - kSlowDecay, 1.0 / static_cast<double>(state_.slow_count));
    state_.slow += weight * (loss - state_.slow);
  }

  bool evaluation_due() const {
    if (!hooks_.evaluate) return false;
    return state_.step == options_.steps ||
           (options_.eval_every > 0 && state_.step % options_.eval_every == 0);
  }

  void after_step(const SignalFlag& signals) {
    state_.pending_evaluation = evaluation_due();
    bool best = false;
    if (signals.raised() == 0 && state_.pending_evaluation) best = evaluate();
    const bool periodic = options_.save_every > 0 && state_.step % options_.save_every == 0;
    if (best || periodic || done() || signals.raised() != 0) save(best);
    if (signals.raised() != 0) {
      throw Interrupted(
          signals.raised(),
          fmt::format("stopped by {} after step {}{}", strsignal(signals.raised()), state_.step,
                      folder_.active() ? "; saved in " + folder_.folder_of(state_.step) +
                                             ", continue with --resume"
                                       : ""));
    }
  }

  // True when this is the best so far.
  bool evaluate() {
    const torch::NoGradGuard no_grad;
    state_.pending_evaluation = false;
    const Evaluation found = hooks_.evaluate(state_.step);
    if (!std::isfinite(found.score)) {
      stop(state_.step, fmt::format("the evaluation at step {} gave {}", state_.step, found.score));
    }
    std::string line;
    for (const auto& [name, value] : found.metrics) {
      folder_.log(state_.step, "valid", name, value);
      line += fmt::format(" {} {:.4f}", name, value);
    }
    folder_.flush_logs();
    last_metrics_ = found.metrics;
    const bool better =
        state_.best_step < 0 || (found.higher_is_better ? found.score > state_.best_score
                                                        : found.score < state_.best_score);
    log::info("step {}: train loss {:.4f};{}{}", state_.step, state_.last_loss, line,
              better ? " (best)" : "");
    if (better) {
      state_.best_score = found.score;
      state_.best_step = state_.step;
      state_.since_best = 0;
    } else if (++state_.since_best >= options_.patience && options_.patience > 0) {
      state_.stopped_early = true;
      log::info("no improvement in {} evaluations: stopping at step {}", state_.since_best,
                state_.step);
    }
    return better;
  }

  void save(bool best) {
    if (!folder_.active()) {
      if (best) keep_best_in_memory();
      return;
    }
    CheckpointContents contents;
    contents.recipe = setup_.recipe;
    contents.tokenizer = setup_.tokenizer;
    contents.model = setup_.tensors;
    contents.optimizer = optimizer_.state();
    contents.state = setup_.state;
    contents.state["step"] = state_.step;
    contents.state["seed"] = setup_.seed;
    contents.state["bf16"] = setup_.bf16;
    contents.state["loop"] = state_.to_json();
    folder_.save(state_.step, std::move(contents), best, options_.keep);
    saved_step_ = state_.step;
  }

  void keep_best_in_memory() {
    best_tensors_.clear();
    for (const auto& [name, tensor] : setup_.tensors) best_tensors_[name] = tensor.detach().clone();
  }

  TrainResult finish() {
    if (state_.best_step >= 0 && state_.best_step != state_.step) {
      const std::string best = folder_.folder_of(state_.best_step);
      if (folder_.active()) {
        assign_tensors(read_checkpoint(best, false).model, setup_.tensors, best);
      } else {
        assign_tensors(best_tensors_, setup_.tensors, "best weights");
      }
    }
    TrainResult result;
    result.steps = state_.step;
    result.best_step = state_.best_step;
    result.best_score = state_.best_score;
    result.best = folder_.folder_of(state_.best_step);
    result.last = folder_.folder_of(saved_step_);
    result.stopped_early = state_.stopped_early;
    result.last_loss = state_.last_loss;
    result.last_metrics = last_metrics_;
    result.seconds = state_.seconds;
    result.tokens = state_.tokens;
    result.bases = state_.bases;
    if (hooks_.finish) {
      const torch::NoGradGuard no_grad;
      result.final_metrics = hooks_.finish(state_.step);
      for (const auto& [name, value] : result.final_metrics)
        folder_.log(state_.step, "final", name, value);
      folder_.flush_logs();
    }
    return result;
  }

  const TrainerSetup& setup_;
  const TrainOptions& options_;
  const TrainerHooks& hooks_;
  RunFolder folder_;
  AdamW optimizer_;
  Schedule schedule_;
  LoopState state_;
  Metrics last_metrics_;
  TensorMap best_tensors_;
  int64_t saved_step_ = -1;
};

}  // namespace

Fields TrainOptions::fields() {
  constexpr int64_t kMany = int64_t{1} << 40;
  constexpr double kHuge = std::numeric_limits<double>::max();
  Fields fields("train");
  fields.integer("steps", &steps, 1, kMany, "updates of the weights")
      .integer("batch", &batch, 1, 1 << 20, "sequences a micro-batch")
      .integer("batch_tokens", &batch_tokens, 0, 1 << 30,
               "padded tokens a micro-batch at most; 0: train.batch rules")
      .integer("accumulate", &accumulate, 1, 1 << 16, "micro-batches an update")
      .number("lr", &lr, 0, 10, "highest learning rate")
      .integer("warmup", &warmup, 0, kMany, "steps over which the learning rate rises from 0")
      .choice("schedule", &schedule, {"linear", "cosine", "constant"},
              "how the learning rate falls")
      .number("lr_floor", &lr_floor, 0, 1, "share of the learning rate left at the end")
      .number("weight_decay", &adamw.weight_decay, 0, 10,
              "AdamW's decay; never on biases and norms")
      .number("beta1", &adamw.beta1, 0, 0.999999, "AdamW's memory of the gradient")
      .number("beta2", &adamw.beta2, 0, 0.999999, "AdamW's memory of its square")
      .number("eps", &adamw.eps, 0, 1, "AdamW's guard against division by zero")
      .number("clip", &clip, 0, kHuge, "largest gradient norm; 0: no clipping")
      .integer("log_every", &log_every, 1, kMany, "steps between lines of log.tsv")
      .integer("eval_every", &eval_every, 0, kMany, "steps between evaluations; 0: only at the end")
      .integer("save_every", &save_every, 0, kMany,
               "steps between checkpoints; 0: the best and the last only")
      .integer("keep", &keep, 1, 1 << 20, "last checkpoints kept; the best one is kept besides")
      .integer("patience", &patience, 0, kMany,
               "evaluations without improvement before stopping; 0: never")
      .number("guard_margin", &guard_margin, 0, kHuge,
              "loss above its slow average that counts as divergence")
      .integer("guard_steps", &guard_steps, 0, kMany,
               "steps in a row above the margin that stop a run; 0: never")
      .choice("precision", &precision, {"auto", "fp32", "bf16"},
              "of matrix products and activations");
  return fields;
}

Schedule TrainOptions::make_schedule() const {
  if (warmup > steps) {
    throw ConfigError(
        fmt::format("train.warmup ({}) must not exceed train.steps ({})", warmup, steps));
  }
  Schedule made;
  made.kind = schedule;
  made.peak = lr;
  made.floor = lr_floor;
  made.warmup = warmup;
  made.steps = steps;
  return made;
}

TrainResult run_training(const TrainerSetup& setup, const TrainerHooks& hooks) {
  return Run(setup, hooks)();
}

}  // namespace lexome
