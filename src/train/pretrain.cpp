// One pre-training run from request to run folder. Everything that can be refused is refused before
// the first step; everything a run learns about its data is said once and logged under "data".
#include "train/pretrain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/provenance.h"
#include "base/text.h"
#include "data/audit.h"
#include "data/collate.h"
#include "data/hidden_bases.h"
#include "lexome/error.h"
#include "models/mxdna.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/checkpoint.h"
#include "train/code_yardstick.h"
#include "train/load_vocabulary.h"
#include "train/run_folder.h"
#include "train/window_batches.h"
#include "train/yardstick.h"

namespace lexome {
namespace {

constexpr uint64_t kSampleWindows = 256;  // training windows that masking rates are measured on
constexpr int64_t kDryRunSteps = 2;
constexpr uint64_t kCountedWindows =
    512;  // training windows that masked codes' neighbours are counted on

// Models on codes and learned vocabularies need each other.
void check_codes(const PretrainConfig& config) {
  const bool reads = dynamic_cast<CodesReader*>(config.model_maker.get()) != nullptr;
  if (reads && config.vocab_path.empty()) {
    throw ConfigError(
        fmt::format("{} reads the codes of a learned vocabulary: give one with -m VOCAB (`lexome "
                    "vocab hrq -g GENOME -o VOCAB` makes one)",
                    config.model_name));
  }
  if (!reads && holds_learned_vocabulary(config.vocab_path)) {
    throw ConfigError(
        fmt::format("{}: the codes of a network, which {} cannot read; set model.name = vqdna, or "
                    "give another vocabulary",
                    config.vocab_path, config.model_name));
  }
}

std::shared_ptr<const Tokenizer> make_vocabulary(const PretrainRequest& request,
                                                 const PretrainConfig& config,
                                                 const GenomeSet& genomes, int threads) {
  const std::string saved = request.out + "/tokenizer.json";
  if (request.resume && std::filesystem::exists(saved)) return load_tokenizer(saved);
  if (!config.vocab_path.empty()) return load_tokenizer(config.vocab_path);
  VocabContext context;
  context.threads = threads;
  context.seed = request.seed;
  // Through its saved form, so that what trains is what resuming will read.
  return tokenizer_from_json(config.vocab_trainer->train(genomes, context)->to_json(),
                             "the vocabulary just made");
}

// Share of held-out windows that stand in the training side; refuses too many.
double audit(const WindowPlan& plan, const PretrainConfig& config, int threads) {
  if (plan.stretches(Side::kValidation).empty()) return 0.0;
  const Overlap overlap = audit_split(plan, 24, 0.5, threads);
  log::info(
      "{:.2f} % of {} held-out windows stand in the training side (half of their 24-mers or more); "
      "mean "
      "containment {:.2f} %",
      100 * overlap.share(), overlap.windows, 100 * overlap.mean_containment);
  if (overlap.share() > config.max_overlap && !config.allow_overlap) {
    throw InputError(fmt::format(
        "{:.1f} % of the held-out windows stand in the training side (more than {:.1f} %): "
        "hold out another contig or group (windows.holdout), put homologous genomes into one "
        "group (-g file,group=NAME), or set windows.allow_overlap=true",
        100 * overlap.share(), 100 * config.max_overlap));
  }
  return overlap.share();
}

// Peak resident memory of this process in bytes.
int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

HiddenShares look_at_masks(const WindowBatches& batches, const WindowPlan& plan, int threads) {
  const std::unique_ptr<SequenceModel> markov = train_markov(plan, kMarkovOrder, threads);
  HiddenBases count(plan.genomes(), markov.get());
  batches.sample(kSampleWindows, [&](const Batch& batch) { count.add(batch); });
  const HiddenShares seen = count.shares();
  log::info("masking: {:.2f} % of tokens are guessed; {:.2f} % of nucleotides are really hidden",
            100 * seen.guessed, 100 * seen.hidden);
  if (std::isnan(seen.markov_bits)) return seen;  // none hidden: nothing to say of them
  log::info("hidden nucleotides: {}order-5 Markov {:.3f} bits each",
            std::isnan(seen.hidden_repeats)
                ? ""
                : fmt::format("{:.1f} % in soft-masked repeats ({:.1f} % of all are); ",
                              100 * seen.hidden_repeats, 100 * seen.repeats),
            seen.markov_bits);
  return seen;
}

// A few real steps, timed: the only estimate that knows this machine.
void dry_run(TrainerSetup setup, TrainerHooks hooks, const ParameterCounts& counts) {
  const int64_t steps = setup.options.steps;
  setup.out.clear();
  setup.resume = false;
  setup.what = "dry run";
  setup.options.warmup = 0;
  setup.options.steps = 1;
  hooks.evaluate = nullptr;
  hooks.finish = nullptr;
  run_training(setup, hooks);  // the first step also pays for one-off work
  setup.options.steps = kDryRunSteps;
  const TrainResult result = run_training(setup, hooks);
  const double step_seconds = result.seconds / static_cast<double>(kDryRunSteps);
  log::info("dry run: {:.2f} s a step on {}, {} tokens/s; {} for {} steps, evaluation not counted",
            step_seconds, setup.device.str(),
            with_commas(static_cast<int64_t>(static_cast<double>(result.tokens) /
                                             std::max(result.seconds, 1e-9))),
            duration(step_seconds * static_cast<double>(steps)), with_commas(steps));
  log::info("dry run: peak memory {}; {} a checkpoint on disk; nothing was written",
            human_bytes(peak_memory()), human_bytes(counts.total * 12));
}

}  // namespace

std::string describe_genomes(const GenomeSet& genomes, nlohmann::json* list) {
  Sha256 hash;
  *list = nlohmann::json::array();
  for (const GenomeSource& source : genomes.sources()) {
    const std::string sha256 = source.genome.sha256();
    hash.update(fmt::format("{} {} {}\n", sha256, format_number(source.weight), source.group));
    list->push_back({{"path", source.genome.path()},
                     {"sha256", sha256},
                     {"bases", source.genome.total_bases()},
                     {"weight", source.weight},
                     {"group", source.group}});
  }
  return hash.hex();
}

double pretraining_flops(const Model& model, double tokens, double bases, int64_t length,
                         double guessed) {
  const double rows = std::max(1.0, bases / static_cast<double>(length));
  // A backward pass costs two forward ones.
  return 3 * rows *
         model.forward_flops(1, std::max<int64_t>(1, std::llround(tokens / rows)), guessed);
}

void pretrain(const PretrainRequest& request) {
  if (!request.dry_run) check_run_folder(request.out, request.resume, request.force);
  PretrainConfig config(request.recipe, request.vocabulary);
  check_codes(config);
  settle_threads(request.machine.threads);
  const int threads = compute_threads();
  const torch::Device device = choose_device(request.machine.device);
  if (request.machine.deterministic) set_deterministic(true);
  const bool bf16 = choose_bf16(
      request.machine.precision == "auto" ? config.train.precision : request.machine.precision,
      device);

  auto* const reader = dynamic_cast<CodesReader*>(config.model_maker.get());
  std::optional<LoadedVocabulary> codes;
  if (reader != nullptr) {
    codes = load_vocabulary(config.vocab_path, device);
    log::info("codes: {}, {}, frozen", config.vocab_path, codes->vocabulary->describe());
  }

  GenomeOptions genome_options;
  genome_options.alias = request.alias;
  const auto genomes =
      std::make_shared<const GenomeSet>(GenomeSet::open(request.genomes, genome_options));
  const WindowPlan plan(genomes, config.windows);
  log::info("{}", plan.describe());
  const std::shared_ptr<const Tokenizer> tokenizer =
      reader != nullptr ? reader->adopt(*codes)
                        : make_vocabulary(request, config, *genomes, threads);
  log::info("vocabulary: {}", tokenizer->describe());
  const std::shared_ptr<Model> model = config.model_maker->make(*tokenizer, request.seed);
  model->to(device);
  const ParameterCounts counts = model->parameter_counts();
  log::info("model: {}, {} parameters ({} trunk, {} embedding); {} on {}", config.model_name,
            with_commas(counts.total), with_commas(counts.trunk), with_commas(counts.embedding),
            bf16 ? "bf16" : "fp32", device.str());

  const auto masker = std::make_shared<const Masker>(config.mask_maker->make({tokenizer, genomes}),
                                                     tokenizer, config.shares);
  CollateOptions collate_options;
  collate_options.max_tokens = model->max_tokens();
  const Collator collator(tokenizer, masker, collate_options);
  const WindowBatches batches(plan, collator, config, request.seed);
  // Last of what can be refused: it reads all genomes.
  const double overlap = audit(plan, config, threads);
  const HiddenShares seen = look_at_masks(batches, plan, threads);
  const double masked = seen.guessed, hidden = seen.hidden;

  TrainerSetup setup;
  setup.options = config.train;
  setup.seed = request.seed;
  setup.threads = threads;
  setup.device = device;
  setup.bf16 = bf16;
  setup.out = request.out;
  setup.resume = request.resume;
  setup.force = request.force;
  setup.what = "pre-training";
  setup.parameters = trainable_parameters(*model);
  setup.tensors = named_tensors(*model);
  setup.recipe = config.dump();
  setup.tokenizer = tokenizer->to_json();

  TrainerHooks hooks;
  hooks.make_batch = [&batches](uint64_t index) { return batches.training(index); };
  hooks.loss = [&model](const TensorBatch& batch, const Pass& pass) {
    return model->loss(batch, pass);
  };
  if (request.dry_run) return dry_run(std::move(setup), hooks, counts);

  BaseNllOptions nll_options = config.base_nll;
  if (nll_options.length == 0) {
    nll_options.length = config.windows.length;
    if (nll_options.length < nll_options.span_spacing) {
      log::warn(
          "base_nll is left out: windows of {} bases are shorter than evaluate.nll_span_spacing "
          "({})",
          nll_options.length, nll_options.span_spacing);
      nll_options.windows = 0;
    }
  }
  if (nll_options.windows > 0 && tokenizer->sees().left + tokenizer->sees().right > 0) {
    log::info(
        "base_nll n/a: a code sees {} bases on each side, so that hiding one base in {} would hide "
        "every code; model.corrupt = bases has it",
        tokenizer->sees().left, nll_options.spacing);
    nll_options.windows = 0;
  }
  const Yardstick yardstick(plan, nll_options, threads);
  nlohmann::json genome_list;
  const std::string data_hash = describe_genomes(*genomes, &genome_list);
  setup.state["kind"] = "pretrain";
  setup.state["command"] = request.command;
  setup.state["genomes"] = genome_list;
  setup.state["data_sha256"] = data_hash;
  setup.state["masked_tokens"] = masked;
  setup.state["hidden_bases"] = hidden;
  setup.constants = {{"train_bases", static_cast<double>(plan.bases(Side::kTrain))},
                     {"validation_bases", static_cast<double>(plan.bases(Side::kValidation))},
                     {"overlap", overlap},
                     {"masked_tokens", masked},
                     {"hidden_bases", hidden},
                     {"hidden_markov_bits", seen.markov_bits}};
  if (!std::isnan(seen.hidden_repeats)) {
    setup.constants.emplace_back("repeats", seen.repeats);
    setup.constants.emplace_back("hidden_repeats", seen.hidden_repeats);
  }
  if (!yardstick.empty()) {
    for (const auto& metric : yardstick.baseline_metrics()) setup.constants.push_back(metric);
  }

  std::optional<CodeYardstick> guesses;
  if (auto* const coded = dynamic_cast<VqdnaBert*>(model.get());
      coded != nullptr && !plan.stretches(Side::kValidation).empty()) {
    guesses.emplace(
        *coded, [&](const auto& use) { batches.sample(kCountedWindows, use); },
        [&](const auto& use) { batches.held_out(use); }, device);
    for (const auto& metric : guesses->baselines()) setup.constants.push_back(metric);
  }

  const auto evaluate_loss = [&] {
    double sum = 0;
    int64_t labels = 0;
    batches.held_out([&](const Batch& batch) {
      if (batch.num_labels == 0) return;
      Pass pass;
      pass.bf16 = bf16;
      sum += model->loss(to_tensor(batch, device), pass).total.item<double>() *
             static_cast<double>(batch.num_labels);
      labels += batch.num_labels;
    });
    return labels == 0 ? std::nan("") : sum / static_cast<double>(labels);
  };
  if (!plan.stretches(Side::kValidation).empty()) {
    hooks.evaluate = [&](int64_t) {
      Evaluation found;
      found.score = evaluate_loss();
      found.metrics = {{"loss", found.score}};
      if (guesses) {
        for (const auto& metric : guesses->accuracies(bf16)) found.metrics.push_back(metric);
      }
      if (!yardstick.empty() && config.base_nll.windows_during > 0) {
        for (const auto& metric :
             Yardstick::metrics(yardstick.score(*model, tokenizer, device, bf16, false))) {
          found.metrics.push_back(metric);
        }
      }
      return found;
    };
  }
  BaseNll final_nll;
  Metrics final_accuracies;
  hooks.finish = [&](int64_t) {
    Metrics found;
    if (!yardstick.empty()) {
      final_nll = yardstick.score(*model, tokenizer, device, bf16, true);
      log::info("{}", yardstick.describe(final_nll));
      if (final_nll.uncovered > 0) {
        log::warn("{} hidden bases are covered by no token and count 2 bits each",
                  final_nll.uncovered);
      }
      found = Yardstick::metrics(final_nll);
    }
    if (guesses) {
      final_accuracies = guesses->accuracies(bf16);
      log::info("{}", guesses->describe(final_accuracies));
      found.insert(found.end(), final_accuracies.begin(), final_accuracies.end());
    }
    return found;
  };

  const TrainResult result = run_training(setup, hooks);
  if (!yardstick.empty() || guesses) {
    ResultRow common;
    common.model = std::filesystem::path(request.out).filename().string();
    common.pretrain_seed = static_cast<int64_t>(request.seed);
    common.params_trunk = counts.trunk;
    common.params_embedding = counts.embedding;
    common.params_total = counts.total;
    common.bases_seen = result.bases;
    common.wall_s = result.seconds;
    common.data_hash = data_hash;
    common.recipe = sha256_of(setup.recipe);
    expect_units(*model, logged_mean(request.out + "/log.tsv", "unit_length"));
    common.flops =
        pretraining_flops(*model, static_cast<double>(result.tokens),
                          static_cast<double>(result.bases), config.windows.length, masked);
    common.masked_share = hidden;
    ResultTable table;
    if (!yardstick.empty()) table = yardstick.table(final_nll, common, request.seed, threads);
    if (guesses) {
      for (ResultRow& row : guesses->table(final_accuracies, common).rows)
        table.rows.push_back(std::move(row));
    }
    table.write(request.out + "/results.tsv");
  }
  log::info("done: {} steps, {} bases seen, {} of training; {}", with_commas(result.steps),
            with_commas(result.bases), duration(result.seconds),
            result.best.empty() ? result.last : "best: " + result.best);
}

}  // namespace lexome
