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
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "data/loader.h"
#include "lexome/error.h"
#include "tensor/compat.h"
#include "train/loop_state.h"
#include "train/resume.h"
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
      std::optional<Progress> progress;
      if (!setup_.quiet) progress.emplace(setup_.what, options_.steps - state_.step, "step");
      const int64_t first = state_.step;
      const SignalFlag signals;
      while (!done()) {
        update(loader);
        if (progress) {
          progress->update(state_.step - first, fmt::format("loss {:.4f}", state_.last_loss));
        }
        after_step(signals);
      }
      if (progress) progress->finish();
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
    check_same_run(setup_, contents, from);
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
    std::vector<std::string> names;  // of the loss's parts
    std::vector<Tensor> parts;
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
      const Loss found = hooks_.loss(to_tensor(batch, setup_.device), pass);
      const Tensor loss = found.total * share;
      loss.backward();
      // A single part is the loss itself.
      for (const auto& [name, part] : found.parts) {
        if (found.parts.size() == 1) break;
        names.push_back(name);
        parts.push_back(part.to(setup_.device, torch::kFloat32) * share);
      }
      loss_sum = loss_sum.defined() ? loss_sum + loss.detach() : loss.detach();
      count(batch, weight);
    }
    const Tensor norm = optimizer_.step(schedule_.rate(step), options_.clip);
    optimizer_.zero_grad();
    parts.push_back(loss_sum.to(torch::kFloat32));
    parts.push_back(norm.to(torch::kFloat32));
    const Tensor read = torch::stack(parts).to(torch::kCPU);
    const float* const values = read.data_ptr<float>();
    const double loss = values[names.size()], norm_value = values[names.size() + 1];
    guard(step, loss, norm_value);
    if (hooks_.updated) {
      const torch::NoGradGuard no_grad;
      hooks_.updated(step);
    }
    state_.step = step;
    state_.last_loss = loss;
    state_.interval.loss += loss;
    state_.interval.norm += norm_value;
    ++state_.interval.steps;
    for (size_t i = 0; i < names.size(); ++i) state_.interval.parts[names[i]] += values[i];
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
    const LogInterval& sums = state_.interval;
    const auto steps = static_cast<double>(sums.steps);
    folder_.log(state_.step, "train", "loss", sums.loss / steps);
    for (const auto& [name, sum] : sums.parts) folder_.log(state_.step, "train", name, sum / steps);
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
    if (hooks_.figures) {
      for (const auto& [name, value] : hooks_.figures())
        folder_.log(state_.step, "train", name, value);
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
    if (!setup_.quiet) {
      log::info("step {}: train loss {:.4f};{}{}", state_.step, state_.last_loss, line,
                better ? " (best)" : "");
    }
    if (better) {
      state_.best_score = found.score;
      state_.best_step = state_.step;
      state_.since_best = 0;
    } else if (++state_.since_best >= options_.patience && options_.patience > 0) {
      state_.stopped_early = true;
      if (!setup_.quiet) {
        log::info("no improvement in {} evaluations: stopping at step {}", state_.since_best,
                  state_.step);
      }
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
    result.log = folder_.log_text();
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

TrainResult run_training(const TrainerSetup& setup, const TrainerHooks& hooks) {
  return Run(setup, hooks)();
}

}  // namespace lexome
