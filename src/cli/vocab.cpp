// lexome vocab: learns a vocabulary or statistics of one, or writes down a fixed one.
#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/error.h"
#include "vocab/registry.h"

namespace lexome::cli {

namespace {

// A vocabulary that a network learns: its options are a recipe's, and it goes on where it stopped.
void learn_vocabulary(CommandLine& line, std::string kind) {
  VocabularyRequest request;
  RecipeOptions recipe;
  GenomeArguments genomes;
  OutputOptions output;
  line.operand("TOKENIZER", &kind, "its kind; `lexome list tokenizers` describes them");
  add_recipe(line, &recipe);
  add_genomes(line, &genomes,
              "what to learn from, PATH[,weight=W][,group=NAME]; may be given several times");
  add_output(line, &output, "VOCAB", "folder of the vocabulary", true);
  line.flag("--resume", &request.resume, "go on from the folder's last checkpoint");
  add_seed(line, &request.seed);
  add_machine(line, &request.machine);
  if (!line.parse()) return;
  if (genomes.specs.empty()) {
    throw ConfigError(fmt::format("{} is learned from genomes: give -g GENOME", kind));
  }
  request.kind = kind;
  request.recipe = gather_recipe(recipe);
  request.genomes = genomes.specs;
  request.alias = genomes.options.alias;
  request.out = output.path;
  request.force = output.force;
  request.command = line.command();
  load_engine(request.machine).learn_vocabulary(request);
}

}  // namespace

void run_vocab(CommandLine& line) {
  if (is_learned_vocabulary(line.peek())) return learn_vocabulary(line, line.peek());
  OutputOptions output;
  GenomeArguments genomes;
  RecipeOptions recipe;
  Recipe given;
  VocabContext context;
  context.threads = 0;
  // The kind comes first, because the options that follow are its own.
  std::string kind = line.peek();
  line.operand("KIND", &kind, "`lexome list tokenizers statistics` describes them");
  add_output(line, &output, "VOCAB", "the vocabulary (JSON) or the table (safetensors)", true);
  add_genomes(line, &genomes,
              "what to learn from, PATH[,weight=W][,group=NAME]; may be given several times");
  add_recipe(line, &recipe);
  add_seed(line, &context.seed);
  add_threads(line, &context.threads);
  line.memory("--max-memory", "SIZE", &context.max_memory,
              "stay below this, as 4GiB: bpe learns from a seeded sample that fits");
  std::unique_ptr<VocabWriter> writer;
  if (!kind.empty()) {
    writer = vocab_writer(kind);
    line.heading("Options of " + kind);
    line.fields(writer->fields(), &given);
  }
  if (!line.parse()) return;
  if (!writer) throw ConfigError("the kind comes first: lexome vocab KIND [options]");
  Recipe all = gather_recipe(recipe);
  all.merge(given);
  Schema schema;
  schema.add(writer->fields()).apply(all);
  if (writer->needs_genome() && genomes.specs.empty()) {
    throw ConfigError(fmt::format("{} is learned from genomes: give -g GENOME", kind));
  }
  if (!writer->needs_genome() && !genomes.specs.empty()) {
    log::warn("{} as given learns from no genome: -g is ignored", kind);
    genomes.specs.clear();
  }
  check_output(output.path, output.force);
  context.threads = thread_count(context.threads);
  const GenomeSet set = GenomeSet::open(genomes.specs, genomes.options);
  const std::string made = writer->write(set, context, output.path);
  log::info("{}: {}", output.path, made);
}

}  // namespace lexome::cli
