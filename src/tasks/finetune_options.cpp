#include "tasks/finetune_options.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "lexome/error.h"

namespace lexome {
namespace {

Fields finetune_fields(FinetuneOptions* o) {
  return Fields("finetune")
      .text("task", &o->task,
            "name of the task in results (default: from the training file's path)")
      .choice("kind", &o->kind, {"auto", "classes", "regression"},
              "what labels are; auto: numbers with a fraction are values, all else classes")
      .choice("mode", &o->mode, {"full", "lora", "probe"},
              "train everything, low-rank adapters and the head, or a linear layer on the frozen "
              "encoder")
      .choice("head", &o->head, {"linear", "mlp"},
              "one linear layer on the pooled vector, or two with GELU between")
      .choice("pool", &o->pool, {"cls", "mean", "max"}, "one vector a sequence: how")
      .choice("keep", &o->keep, {"middle", "head"},
              "which part of a sequence longer than the model takes is kept")
      .choice("long", &o->long_inputs, {"cut", "mean", "max", "concat", "recurrent"},
              "sequences longer than the model takes: cut, or read in pieces whose vectors are "
              "joined so")
      .number("epochs", &o->epochs, 0.01, 1e6,
              "passes over the training rows, unless train.steps is set")
      .integer("min_updates", &o->min_updates, int64_t{0}, int64_t{1} << 40,
               "never fewer updates than this, unless train.steps is set")
      .integer("max_updates", &o->max_updates, int64_t{0}, int64_t{1} << 40,
               "never more updates than this (0: no cap)")
      .number("warmup_share", &o->warmup_share, 0, 1,
              "share of the updates that warm up, unless train.warmup is set")
      .number("evaluations_per_epoch", &o->evaluations_per_epoch, 0.001, 1e6,
              "how often dev is scored, unless train.eval_every is set")
      .integer("evaluations", &o->evaluations, int64_t{0}, int64_t{1} << 40,
               "how often dev is scored over the whole run (0: by epochs)")
      .number("dropout", &o->dropout, 0, 0.99, "dropout before the last layer")
      .number("dev_share", &o->dev_share, 0.01, 0.9,
              "share of the training rows held out when no dev file is given")
      .choice("metric", &o->metric,
              {"auto", "loss", "mcc", "macro_f1", "accuracy", "auroc", "auprc", "pearson",
               "spearman", "mse"},
              "what chooses the best checkpoint on dev (auto: mcc, or pearson for regression)")
      .flag("both_strands", &o->both_strands, "train on random strands of each row")
      .flag("baseline", &o->baseline, "score the k-mer logistic regression beside the model");
}

}  // namespace

std::vector<Fields::Field> finetune_option_texts() {
  FinetuneOptions options;
  std::vector<Fields::Field> all = finetune_fields(&options).all();
  const Fields lora = options.lora.fields();
  all.insert(all.end(), lora.all().begin(), lora.all().end());
  for (Fields::Field& field : all) field.read = nullptr, field.write = nullptr;
  return all;
}

Schema FinetuneOptions::schema() {
  Schema schema;
  schema.add(finetune_fields(this)).add(lora.fields()).add(train.fields());
  return schema;
}

FinetuneOptions FinetuneOptions::from(const Recipe& recipe) {
  FinetuneOptions options;
  const Recipe::Setting* mode = recipe.find("finetune.mode");
  // A linear layer on standardised features takes, and needs, a larger rate than an encoder, and so
  // do adapters.
  const bool probe = mode != nullptr && mode->value == "probe";
  const bool lora = mode != nullptr && mode->value == "lora";
  options.train.lr = probe ? 3e-3 : (lora ? 1e-3 : 1e-4);
  options.epochs = probe ? 20 : 5;
  options.train.batch = 32;
  options.train.patience = 5;
  options.train.keep = 1;
  options.schema().apply(recipe);
  if (probe && options.head != "linear") {
    throw ConfigError("finetune.head = mlp: a probe is a linear layer; use finetune.mode = lora");
  }
  return options;
}

void FinetuneOptions::settle(const Recipe& recipe, int64_t batches_per_epoch, bool quiet) {
  const auto said = [&](const char* key) { return recipe.find(key) != nullptr; };
  const auto updates_per_epoch =
      static_cast<double>(batches_per_epoch) / static_cast<double>(train.accumulate);
  if (!said("train.steps")) {
    train.steps =
        std::max({int64_t{1}, min_updates, int64_t{std::llround(epochs * updates_per_epoch)}});
  } else if (said("finetune.epochs")) {
    log::warn("finetune.epochs is ignored: train.steps is given");
  }
  if (max_updates > 0 && train.steps > max_updates) {
    if (!quiet) {
      log::info("{} updates asked for; stopping at finetune.max_updates = {}", train.steps,
                max_updates);
    }
    train.steps = max_updates;
  }
  if (!said("train.warmup"))
    train.warmup = std::llround(warmup_share * static_cast<double>(train.steps));
  if (!said("train.eval_every")) {
    const double every =
        evaluations > 0
            ? std::ceil(static_cast<double>(train.steps) / static_cast<double>(evaluations))
            : std::max(1.0, updates_per_epoch / evaluations_per_epoch);
    train.eval_every = std::clamp<int64_t>(std::llround(every), 1, train.steps);
  }
  if (train.batch_tokens > 0) {
    log::warn("train.batch_tokens is ignored in fine-tuning: train.batch sequences make a batch");
    train.batch_tokens = 0;
  }
}

}  // namespace lexome
