// lexome vocab: learns a vocabulary, or writes down a fixed one.
#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/error.h"
#include "lexome/tokenizer.h"
#include "vocab/registry.h"

namespace lexome::cli {

void run_vocab(CommandLine& line) {
  OutputOptions output;
  GenomeArguments genomes;
  RecipeOptions recipe;
  Recipe given;
  VocabContext context;
  context.threads = 0;
  // The tokenizer comes first, because the options that follow are its own.
  std::string kind = line.peek();
  line.operand("TOKENIZER", &kind, "its kind; `lexome list tokenizers` describes them");
  add_output(line, &output, "VOCAB.json", "the vocabulary", true);
  add_genomes(line, &genomes,
              "what to learn from, PATH[,weight=W][,group=NAME]; may be given several times");
  add_recipe(line, &recipe);
  add_seed(line, &context.seed);
  add_threads(line, &context.threads);
  line.memory("--max-memory", "SIZE", &context.max_memory,
              "learn from a seeded sample that fits, as 4GiB");
  std::unique_ptr<VocabTrainer> trainer;
  if (!kind.empty()) {
    trainer = tokenizer_entry(kind).trainer();
    line.heading("Options of " + kind);
    line.fields(trainer->fields(), &given);
  }
  if (!line.parse()) return;
  if (!trainer) throw ConfigError("the tokenizer's kind comes first: lexome vocab KIND [options]");
  Recipe all = gather_recipe(recipe);
  all.merge(given);
  Schema schema;
  schema.add(trainer->fields()).apply(all);
  if (trainer->needs_genome() && genomes.specs.empty()) {
    throw ConfigError(fmt::format("{} is learned from genomes: give -g GENOME", kind));
  }
  if (!trainer->needs_genome() && !genomes.specs.empty()) {
    log::warn("{} is a fixed vocabulary and learns from no genome: -g is ignored", kind);
    genomes.specs.clear();
  }
  check_output(output.path, output.force);
  context.threads = thread_count(context.threads);
  const GenomeSet set = GenomeSet::open(genomes.specs, genomes.options);
  const std::unique_ptr<Tokenizer> tokenizer = trainer->train(set, context);
  OutputFile out(output.path, output.force);
  out.write(tokenizer->to_json());
  out.commit();
  log::info("{}: {}", output.path, tokenizer->describe());
}

}  // namespace lexome::cli
