#include "train/learn_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "base/text.h"
#include "data/collate.h"
#include "lexome/error.h"
#include "lexome/result_table.h"
#include "nn/code_health.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/checkpoint.h"
#include "train/pretrain.h"
#include "train/trainer.h"
#include "vocab/nucleotide.h"
#include "vocab/registry.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

constexpr uint64_t kEvaluationSeed = 0;  // the same held-out windows for every run
constexpr double kLowUsage = 50;         // percent; below it a codebook deserves a word

// Windows in the order a run meets them, bases only. Pure in the number of the batch.
class BaseBatches {
 public:
  BaseBatches(const WindowPlan& plan, const VocabularyConfig& config, uint64_t seed)
      : plan_(plan),
        tiled_(config.windows.layout == "tiled"),
        seed_(seed),
        rows_(config.train.batch_tokens > 0
                  ? std::max<int64_t>(1, config.train.batch_tokens / config.windows.length)
                  : config.train.batch),
        collator_(make_nucleotide(), nullptr, collation(config)) {}

  Batch training(uint64_t index) const {
    std::vector<Locus> loci;
    for (uint64_t row = 0; row < static_cast<uint64_t>(rows_); ++row) {
      // Random layout: a batch is an epoch of its own.
      uint64_t epoch = index, place = row;
      if (tiled_) {
        const auto tiles = static_cast<uint64_t>(plan_.tiled_count(Side::kTrain));
        epoch = (index * static_cast<uint64_t>(rows_) + row) / tiles;
        place = (index * static_cast<uint64_t>(rows_) + row) % tiles;
      }
      loci.push_back(plan_.window(Side::kTrain, seed_, epoch, place));
    }
    return collate(loci);
  }

  // Calls body(batch) on the first `count` windows of a side, or as many as there are.
  template <class Body>
  void held_out(int64_t count, const Body& body) const {
    const bool apart = !plan_.stretches(Side::kValidation).empty();
    const Side side = apart ? Side::kValidation : Side::kTrain;
    if (tiled_) count = std::min(count, plan_.tiled_count(side));
    for (int64_t first = 0; first < count; first += rows_) {
      std::vector<Locus> loci;
      for (int64_t i = first; i < std::min(count, first + rows_); ++i)
        loci.push_back(plan_.window(side, kEvaluationSeed, 0, static_cast<uint64_t>(i)));
      body(collate(loci));
    }
  }

 private:
  static CollateOptions collation(const VocabularyConfig& config) {
    CollateOptions options;
    options.max_tokens = config.windows.length;
    options.add_specials = false;
    return options;
  }
  Batch collate(const std::vector<Locus>& loci) const {
    std::vector<Bases> letters(loci.size());
    std::vector<Window> windows(loci.size());
    for (size_t i = 0; i < loci.size(); ++i) {
      plan_.fetch(loci[i], &letters[i]);
      windows[i] = {letters[i], loci[i]};
    }
    return collator_.collate(windows, {}, 0.0);
  }

  const WindowPlan& plan_;
  bool tiled_;
  uint64_t seed_;
  int64_t rows_;
  Collator collator_;
};

// Sums over batches: what a network gives back and how its codes are used.
class Health {
 public:
  explicit Health(Vqdna& network) : network_(network) {
    for (int level = 0; level < network.quantizer().num_levels(); ++level)
      levels_.emplace_back(network.quantizer().num_codes(level));
  }
  void add(const CodedBatch& coded) {
    bases_ += coded.bases;
    const auto bases = static_cast<double>(coded.bases);
    nats_ += bases * coded.reconstruction.item<double>();
    right_ += bases * coded.accuracy;
    for (size_t level = 0; level < levels_.size(); ++level)
      levels_[level].add(coded.quantized.levels[level]);
  }
  int64_t bases() const { return bases_; }
  const std::vector<CodeHealth>& levels() const { return levels_; }
  // Levels count from 1: "level1.usage".
  Metrics figures() const {
    const auto bases = static_cast<double>(std::max<int64_t>(1, bases_));
    Metrics out = {{"reconstruction", nats_ / bases}, {"accuracy", right_ / bases}};
    for (size_t level = 0; level < levels_.size(); ++level) {
      const std::string name = fmt::format("level{}.", level + 1);
      for (const auto& [figure, value] : levels_[level].figures())
        out.emplace_back(name + figure, value);
      const int64_t dead = network_.quantizer().num_dead(static_cast<int>(level));
      out.emplace_back(name + "dead", static_cast<double>(dead));
    }
    return out;
  }

 private:
  Vqdna& network_;
  std::vector<CodeHealth> levels_;
  int64_t bases_ = 0;
  double nats_ = 0, right_ = 0;
};

double figure(const Metrics& figures, const std::string& name) {
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const auto& each) { return each.first == name; });
  if (found == figures.end()) throw InternalError("no figure is called " + name);
  return found->second;
}

void say(const Metrics& figures, int levels) {
  log::info("{:.2f} % of held-out bases are given back from their codes",
            100 * figure(figures, "accuracy"));
  for (int level = 1; level <= levels; ++level) {
    const auto of = [&](const char* name) {
      return figure(figures, fmt::format("level{}.{}", level, name));
    };
    log::info(
        "level {}: {:.1f} % of codes used, perplexity {:.1f}, {:.0f} dead; error {:.4f} of |z|^2, "
        "commitment {:.4g}",
        level, of("usage"), of("perplexity"), of("dead"), of("error"), of("commitment"));
    if (of("usage") < kLowUsage) {
      log::warn(
          "level {}: most codes are unused; fewer codes (vocab.sizes), more steps or a higher "
          "vocab.revive_below mend that",
          level);
    }
  }
}

std::string vocabulary_json(const std::string& kind, Vqdna& network) {
  std::vector<LearnedLevel> levels;
  for (int level = 0; level < network.quantizer().num_levels(); ++level)
    levels.push_back({network.quantizer().num_codes(level), network.sees(level).left});
  return learned_json(kind, network.describe(), levels);
}

ResultTable results_of(const Metrics& figures, const ResultRow& common, int64_t bases) {
  ResultTable table;
  for (const auto& [name, value] : figures) {
    ResultRow row = common;
    const size_t dot = name.find('.');
    row.task = dot == std::string::npos ? "bases" : name.substr(0, dot);
    row.metric = dot == std::string::npos ? name : name.substr(dot + 1);
    row.value = value;
    row.n = bases;
    table.rows.push_back(row);
  }
  return table;
}

}  // namespace

VocabularyConfig::VocabularyConfig(const std::string& kind, const Recipe& recipe)
    : name(kind), model(kind) {
  train.schedule = "cosine";
  train.adamw.beta2 = 0.98;
  train.adamw.weight_decay = 1e-5;
  std::vector<std::string> names;
  for (const LearnedVocabulary& each : learned_vocabularies()) names.emplace_back(each.name);
  Fields own("");
  own.choice("vocab.name", &name, names, "the kind this recipe is for")
      .integer("evaluate.windows", &health_windows, 1, 1 << 24,
               "held-out windows that codes are judged on");
  schema_.add(own).add(model.fields()).add(windows.fields()).add(train.fields());
  schema_.apply(recipe);
  if (name != kind) {
    throw ConfigError(fmt::format("{}: a recipe for vocab.name = {}, but {} was asked for",
                                  recipe.find("vocab.name")->origin, name, kind));
  }
  model.check();
  model.sizes = model.sizes_or_default();  // as resolved, for the recipe that is kept
  model.taps = model.taps_or_default();
  train.make_schedule();  // refuses a warm-up longer than the run before any work starts
}

std::vector<ComponentInfo> learned_vocabulary_texts() {
  std::vector<ComponentInfo> found;
  for (const LearnedVocabulary& each : learned_vocabularies()) {
    // Only the texts may leave: the options that the fields read into end here.
    VqdnaOptions options(each.name);
    std::vector<Fields::Field> fields = options.fields().all();
    for (Fields::Field& field : fields) field.read = nullptr, field.write = nullptr;
    found.push_back({each.name, each.help, std::move(fields)});
  }
  return found;
}

void learn_vocabulary(const VocabularyRequest& request) {
  check_run_folder(request.out, request.resume, request.force);
  const VocabularyConfig config(request.kind, request.recipe);
  settle_threads(request.machine.threads);
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
  if (plan.stretches(Side::kValidation).empty()) {
    log::warn("nothing is held out: the codes are judged on what they were learned from");
  }
  const BaseBatches batches(plan, config, request.seed);

  Vqdna network(config.model, request.seed);
  network.to(device);
  const ParameterCounts counts = network.parameter_counts();
  log::info("vocabulary: {}; {} parameters ({} network, {} codes); {} on {}", network.describe(),
            with_commas(counts.total), with_commas(counts.trunk), with_commas(counts.embedding),
            bf16 ? "bf16" : "fp32", device.str());
  if (const std::string words = compare_with_paper(config.model, counts); !words.empty())
    log::info("{}", words);

  TrainerSetup setup;
  setup.options = config.train;
  setup.seed = request.seed;
  setup.threads = compute_threads();
  setup.device = device;
  setup.bf16 = bf16;
  setup.out = request.out;
  setup.resume = request.resume;
  setup.force = request.force;
  setup.what = "learning " + request.kind;
  setup.parameters = trainable_parameters(network);
  setup.tensors = named_tensors(network);
  setup.recipe = config.dump();
  setup.tokenizer = vocabulary_json(request.kind, network);
  nlohmann::json genome_list;
  const std::string data_hash = describe_genomes(*genomes, &genome_list);
  setup.state["kind"] = "vocabulary";
  setup.state["command"] = request.command;
  setup.state["genomes"] = genome_list;
  setup.state["data_sha256"] = data_hash;
  setup.constants = {{"train_bases", static_cast<double>(plan.bases(Side::kTrain))},
                     {"validation_bases", static_cast<double>(plan.bases(Side::kValidation))}};

  std::vector<CodedBatch> last;  // of the update being made
  int64_t last_step = -1;
  TrainerHooks hooks;
  hooks.make_batch = [&batches](uint64_t index) { return batches.training(index); };
  hooks.loss = [&](const TensorBatch& batch, const Pass& pass) {
    const int64_t step = static_cast<int64_t>(pass.step) / config.train.accumulate;
    if (step != last_step) last.clear();
    last_step = step;
    const CodedBatch coded = network.code(batch, pass);
    Loss loss;
    loss.total = coded.total;
    loss.parts = {{"reconstruction", coded.reconstruction.detach()},
                  {"commitment", coded.quantized.commitment.detach()}};
    loss.labels = coded.bases;
    last.push_back(coded);
    CodedBatch& kept = last.back();  // figures need no graph
    kept.total = kept.logits_R4 = kept.quantized.features_RD = kept.quantized.commitment = Tensor();
    kept.reconstruction = coded.reconstruction.detach();
    return loss;
  };
  hooks.updated = [&](int64_t step) {
    network.quantizer().update(static_cast<uint64_t>(step), single_worker());
  };
  hooks.figures = [&] {
    Health health(network);
    for (const CodedBatch& coded : last) health.add(coded);
    return health.figures();
  };
  const auto judge = [&] {
    Health health(network);
    Pass pass;
    pass.bf16 = bf16;
    batches.held_out(config.health_windows, [&](const Batch& batch) {
      health.add(network.code(to_tensor(batch, device), pass));
    });
    return health;
  };
  hooks.evaluate = [&](int64_t step) {
    return Evaluation{static_cast<double>(step), true, judge().figures()};
  };
  int64_t judged = 0;
  hooks.finish = [&](int64_t) {
    const Health health = judge();
    judged = health.bases();
    const Metrics figures = health.figures();
    say(figures, network.quantizer().num_levels());
    return figures;
  };

  const TrainResult result = run_training(setup, hooks);
  ResultRow common;
  common.suite = "vocabulary";
  common.model = std::filesystem::path(request.out).filename().string();
  common.split = plan.stretches(Side::kValidation).empty() ? "train" : "validation";
  common.pretrain_seed = static_cast<int64_t>(request.seed);
  common.params_trunk = counts.trunk;
  common.params_embedding = counts.embedding;
  common.params_total = counts.total;
  common.bases_seen = result.bases;
  common.wall_s = result.seconds;
  common.flops = 3 * network.forward_flops(result.bases);
  common.data_hash = data_hash;
  common.recipe = sha256_of(setup.recipe);
  results_of(result.final_metrics, common, judged).write(request.out + "/results.tsv");
  log::info("done: {} steps, {} bases seen; {}", with_commas(result.steps),
            with_commas(result.bases), result.last);
}

}  // namespace lexome
