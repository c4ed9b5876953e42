// One pre-training run from request to run folder. Everything that can be refused is refused before
// the first step; everything a run learns about its data is said once and logged under "data".
#include "train/pretrain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

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
#include "train/run_folder.h"
#include "train/yardstick.h"

namespace lexome {
namespace {

constexpr uint64_t kEvaluationSeed =
    0;  // held-out windows and their masks are the same for every run
constexpr uint64_t kSampleWindows = 256;  // training windows that masking rates are measured on
constexpr int64_t kDryRunSteps = 2;

// Windows in the order a run meets them, as batches. Pure in the number of the batch.
class WindowBatches {
 public:
  WindowBatches(const WindowPlan& plan, const Collator& collator, const PretrainConfig& config,
                uint64_t seed)
      : plan_(plan),
        collator_(collator),
        config_(config),
        seed_(seed),
        tiled_(config.windows.layout == "tiled") {
    measure_tokens_per_base();
  }

  Batch training(uint64_t index) const {
    const TrainOptions& train = config_.train;
    const auto all = static_cast<double>(train.steps) * static_cast<double>(train.accumulate);
    const double progress = std::min(static_cast<double>(index) / all, std::nextafter(1.0, 0.0));
    std::vector<Locus> loci;
    std::vector<MaskKey> keys;
    const auto rows = static_cast<uint64_t>(train.batch_tokens > 0 && tiled_ ? rows_of_full_length()
                                                                             : train.batch);
    int64_t longest = 0;
    for (uint64_t row = 0;; ++row) {
      // Random layout: a batch is an epoch of its own, so that its rows need no count of earlier
      // ones.
      MaskKey key{seed_, index, row};
      if (tiled_) {
        const auto tiles = static_cast<uint64_t>(plan_.tiled_count(Side::kTrain));
        key = {seed_, (index * rows + row) / tiles, (index * rows + row) % tiles};
      }
      const bool by_tokens = train.batch_tokens > 0 && !tiled_;
      if (!by_tokens && row == rows) break;
      const Locus locus = plan_.window(Side::kTrain, seed_, key.epoch, key.index);
      if (by_tokens) {
        longest = std::max(longest, tokens_of(locus.end - locus.start));
        if (row > 0 && longest * static_cast<int64_t>(row + 1) > train.batch_tokens) break;
      }
      loci.push_back(locus);
      keys.push_back(key);
    }
    return collate(loci, keys, progress);
  }

  // Held-out windows [first, first + count) with masks that never change.
  Batch validation(uint64_t first, uint64_t count) const {
    std::vector<Locus> loci;
    std::vector<MaskKey> keys;
    for (uint64_t i = first; i < first + count; ++i) {
      loci.push_back(plan_.window(Side::kValidation, kEvaluationSeed, 0, i));
      keys.push_back({kEvaluationSeed, 0, i});
    }
    return collate(loci, keys, 0.0);
  }

  // What masks take away over the whole training, seen at a few batches of it.
  void measure(HiddenBases* hidden) const {
    const TrainOptions& train = config_.train;
    const auto all = static_cast<uint64_t>(train.steps * train.accumulate);
    const auto rows = static_cast<uint64_t>(std::max<int64_t>(1, train.batch));
    const uint64_t looks = std::clamp<uint64_t>(kSampleWindows / rows, 1, all);
    for (uint64_t look = 0; look < looks; ++look) hidden->add(training(look * all / looks));
  }

 private:
  void measure_tokens_per_base() {
    int64_t tokens = 0, bases = 0;
    Bases letters;
    for (uint64_t i = 0; i < 16; ++i) {
      plan_.fetch(
          plan_.window(Side::kTrain, kEvaluationSeed, 0,
                       tiled_ ? i % static_cast<uint64_t>(plan_.tiled_count(Side::kTrain)) : i),
          &letters);
      tokens += static_cast<int64_t>(collator_.tokenizer().encode_one(letters).size());
      bases += static_cast<int64_t>(letters.size());
    }
    tokens_per_base_ =
        static_cast<double>(tokens) / static_cast<double>(std::max<int64_t>(1, bases));
  }
  int64_t tokens_of(int64_t bases) const {
    return 2 + static_cast<int64_t>(std::ceil(tokens_per_base_ * static_cast<double>(bases)));
  }
  int64_t rows_of_full_length() const {
    return std::max<int64_t>(1, config_.train.batch_tokens / tokens_of(config_.windows.length));
  }

  Batch collate(const std::vector<Locus>& loci, const std::vector<MaskKey>& keys,
                double progress) const {
    std::vector<Bases> letters(loci.size());
    std::vector<Window> windows(loci.size());
    for (size_t i = 0; i < loci.size(); ++i) {
      plan_.fetch(loci[i], &letters[i]);
      windows[i] = {letters[i], loci[i]};
    }
    return collator_.collate(windows, keys, progress);
  }

  const WindowPlan& plan_;
  const Collator& collator_;
  const PretrainConfig& config_;
  uint64_t seed_;
  bool tiled_;
  double tokens_per_base_ = 1;
};

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
  batches.measure(&count);
  const HiddenShares seen = count.shares();
  log::info("masking: {:.2f} % of tokens are guessed; {:.2f} % of nucleotides are really hidden",
            100 * seen.guessed, 100 * seen.hidden);
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
  settle_threads(request.machine.threads);
  const int threads = compute_threads();
  const torch::Device device = choose_device(request.machine.device);
  if (request.machine.deterministic) set_deterministic(true);
  const bool bf16 = choose_bf16(
      request.machine.precision == "auto" ? config.train.precision : request.machine.precision,
      device);

  GenomeOptions genome_options;
  genome_options.alias = request.alias;
  const auto genomes =
      std::make_shared<const GenomeSet>(GenomeSet::open(request.genomes, genome_options));
  const WindowPlan plan(genomes, config.windows);
  log::info("{}", plan.describe());
  const std::shared_ptr<const Tokenizer> tokenizer =
      make_vocabulary(request, config, *genomes, threads);
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

  const auto evaluate_loss = [&] {
    double sum = 0;
    int64_t labels = 0;
    const auto available = static_cast<uint64_t>(
        config.windows.layout == "tiled"
            ? std::min(config.loss_windows, plan.tiled_count(Side::kValidation))
            : config.loss_windows);
    const auto rows = static_cast<uint64_t>(config.train.batch);
    for (uint64_t first = 0; first < available; first += rows) {
      const Batch batch = batches.validation(first, std::min(rows, available - first));
      if (batch.num_labels == 0) continue;
      Pass pass;
      pass.bf16 = bf16;
      sum += model->loss(to_tensor(batch, device), pass).total.item<double>() *
             static_cast<double>(batch.num_labels);
      labels += batch.num_labels;
    }
    return labels == 0 ? std::nan("") : sum / static_cast<double>(labels);
  };
  if (!plan.stretches(Side::kValidation).empty()) {
    hooks.evaluate = [&](int64_t) {
      Evaluation found;
      found.score = evaluate_loss();
      found.metrics = {{"loss", found.score}};
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
  if (!yardstick.empty()) {
    hooks.finish = [&](int64_t) {
      final_nll = yardstick.score(*model, tokenizer, device, bf16, true);
      log::info("{}", yardstick.describe(final_nll));
      if (final_nll.uncovered > 0) {
        log::warn("{} hidden bases are covered by no token and count 2 bits each",
                  final_nll.uncovered);
      }
      return Yardstick::metrics(final_nll);
    };
  }

  const TrainResult result = run_training(setup, hooks);
  if (!yardstick.empty()) {
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
    yardstick.table(final_nll, common, request.seed, threads).write(request.out + "/results.tsv");
  }
  log::info("done: {} steps, {} bases seen, {} of training; {}", with_commas(result.steps),
            with_commas(result.bases), duration(result.seconds),
            result.best.empty() ? result.last : "best: " + result.best);
}

}  // namespace lexome
