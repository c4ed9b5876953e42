// Shared option groups.
#include "cli/common.h"

#include "base/file.h"
#include "base/shipped.h"
#include "base/threads.h"
#include "lexome/error.h"

namespace lexome::cli {
void add_output(CommandLine& line, OutputOptions* options, const char* meta, const char* help,
                bool required) {
  line.text("-o,--output", meta, &options->path, help);
  if (required) line.required();
  line.flag("--force", &options->force, "replace an existing output");
}

void add_threads(CommandLine& line, int* threads) {
  line.integer("-t,--threads", "N", threads, 0, 4096, "threads in total; 0: all cores");
}

int thread_count(int threads) { return threads > 0 ? threads : available_cores(); }

void add_seed(CommandLine& line, uint64_t* seed) {
  line.integer("--seed", "N", seed, "seed of everything random");
}

void add_machine(CommandLine& line, Machine* machine) {
  line.heading("Machine");
  add_threads(line, &machine->threads);
  line.text("--device", "D", &machine->device, "auto, cpu or cuda:N");
  line.choice("--precision", "P", &machine->precision, {"auto", "fp32", "bf16"},
              "of matrix products and activations");
  line.flag("--deterministic", &machine->deterministic,
            "same bits again on CUDA too (the CPU always gives them)");
}

void add_recipe(CommandLine& line, RecipeOptions* options) {
  line.list("-c,--config", "RECIPE", &options->files,
            "recipe file, or the name of a shipped one; later ones win");
  line.list("--set", "KEY=VALUE", &options->settings,
            "one recipe key; wins over recipes (`lexome list` shows the keys)");
}

Recipe gather_recipe(const RecipeOptions& options) {
  Recipe recipe;
  for (const std::string& file : options.files)
    recipe.merge(Recipe::from_file(shipped_file("recipes", file)));
  for (const std::string& setting : options.settings) recipe.set_assignment(setting);
  return recipe;
}

void add_genomes(CommandLine& line, GenomeArguments* genomes, const char* help) {
  line.list("-g,--genome", "GENOME", &genomes->specs, help);
  line.flag("--alias", &genomes->options.alias, "let contig 1 stand for chr1 and back");
}

void add_no_version(CommandLine& line, bool* no_version) {
  line.flag("--no-version", no_version, "leave out the ## lines about version and command");
}

void print(const std::string& text) {
  OutputFile out("-");
  out.write(text);
  out.commit();
}

}  // namespace lexome::cli
