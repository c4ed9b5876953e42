#include "tasks/finetune.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <filesystem>

#include "base/log.h"
#include "base/text.h"
#include "tasks/baseline.h"
#include "tasks/finetune_results.h"
#include "tasks/finetune_run.h"
#include "tensor/compat.h"
#include "tensor/device.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

FinetuneSetting setting_of(const FinetuneRequest& request, const FinetuneOptions& options) {
  FinetuneSetting setting;
  setting.task = options.task.empty() ? task_name(request.train) : options.task;
  setting.seed = request.seed;
  setting.scratch = request.scratch;
  setting.device = choose_device(request.machine.device);
  const std::string& precision = request.machine.precision;
  setting.bf16 =
      choose_bf16(precision == "auto" ? options.train.precision : precision, setting.device);
  return setting;
}

LoadedModel load(const FinetuneRequest& request, const torch::Device& device) {
  LoadedModel loaded = load_model(request.model, device, request.scratch ? &request.seed : nullptr);
  if (loaded.state.contains("task") && !request.scratch) {
    log::info("{} was fine-tuned before; its encoder is kept and the task head is new",
              request.model);
  }
  return loaded;
}

void say_plan(FinetuneRun* run) {
  const FinetuneData& data = run->data();
  const TrainOptions& train = run->options().train;
  log::info("task {}: {} train, {} dev, {} test rows, {}; {} updates of {} rows",
            run->model().spec().name, data.train.rows.size(), data.dev.rows.size(),
            data.test.rows.size(),
            data.train.regression ? "values"
                                  : fmt::format("classes {}", fmt::join(data.train.classes, ", ")),
            train.steps, train.batch * train.accumulate);
  int64_t trained = 0;
  for (const NamedParameter& each : run->model().parameters()) trained += each.tensor.numel();
  const std::string adapters =
      run->model().lora() == nullptr
          ? ""
          : fmt::format(" (adapters of rank {} on {} weights, and the head)",
                        run->options().lora.rank, run->model().lora()->num_weights());
  log::info("{} parameters are trained{}; the model has {}", with_commas(trained), adapters,
            with_commas(run->model().model().parameter_counts().total));
}

// What an earlier run left here must not stand beside the new checkpoint.
void remove_old_results(const std::string& folder) {
  for (const char* name : {"results.tsv", "test_predictions.tsv", "test_predictions.kmer-lr.tsv"}) {
    std::error_code ignored;
    fs::remove(fs::path(folder) / name, ignored);
  }
}

// The best weights are in place: dev once more for the table, test for the first and only time.
ResultTable score(const FinetuneRequest& request, const TrainResult& result, FinetuneRun* run) {
  const int threads = compute_threads();
  const FinetuneData& data = run->data();
  const bool has_test = !data.test.rows.empty();
  const Scored dev = run->predict_dev(), test = has_test ? run->predict_test() : Scored{};
  const ResultRow& about = run->about();
  ResultTable table;
  add_result_rows(dev, "dev", data.dev, nullptr, about, threads, &table);
  log::info("best checkpoint: step {} ({} {:.4f} on dev); dev: {}", result.best_step, run->metric(),
            result.best_score, scores_line(dev));
  const auto path = [&](const char* name) { return (fs::path(request.out) / name).string(); };
  if (has_test) {
    add_result_rows(test, "test", data.test, &data.test_duplicates, about, threads, &table);
    log::info("{} on test: {}", about.model, scores_line(test));
    write_predictions(predictions_of(test, data.test, about), request.command,
                      path("test_predictions.tsv"));
  }
  if (run->options().baseline) {
    const BaselineScores baseline = score_kmer_baseline(data, about, threads, &table);
    if (has_test) {
      log::info("{} on test: {}", baseline.about.model, scores_line(baseline.test));
      write_predictions(predictions_of(baseline.test, data.test, baseline.about), request.command,
                        path("test_predictions.kmer-lr.tsv"));
    }
  }
  table.write(path("results.tsv"));
  log::info("results in {}", path("results.tsv"));
  return table;
}

// A few real updates, timed: what a run would take.
void estimate(FinetuneRun* run) {
  const int64_t updates = run->options().train.steps;
  const double seconds = run->try_updates(3).seconds / 3;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  log::info(
      "dry run: {} updates at {:.3f} s each: about {:.1f} minutes without evaluation; peak memory "
      "so far {}",
      updates, seconds, seconds * static_cast<double>(updates) / 60,
      human_bytes(int64_t{usage.ru_maxrss} * 1024));
}

}  // namespace

ResultTable finetune(const FinetuneRequest& request) {
  const FinetuneOptions options = FinetuneOptions::from(request.recipe);
  if (!request.dry_run) check_run_folder(request.out, request.resume, request.force);
  settle_threads(request.machine.threads);
  const FinetuneSetting setting = setting_of(request, options);
  FinetuneData data = read_finetune_data(request, options);
  FinetuneRun run(load(request, setting.device), std::move(data), options, request.recipe, setting);
  say_plan(&run);
  if (request.dry_run) {
    estimate(&run);
    return {};
  }
  remove_old_results(request.out);
  const TrainResult result = run.train({request.out, request.resume, request.force});
  return score(request, result, &run);
}

}  // namespace lexome
