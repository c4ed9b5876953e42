// lexome pretrain: a model from genomes.
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/error.h"

namespace lexome::cli {

void run_pretrain(CommandLine& line) {
  PretrainRequest request;
  RecipeOptions recipe;
  GenomeArguments genomes;
  OutputOptions output;
  add_recipe(line, &recipe);
  add_genomes(
      line, &genomes,
      "PATH[,weight=W][,group=NAME]; homologous genomes share a group; may be given several "
      "times");
  line.text("-m,--model", "VOCAB", &request.vocabulary,
            "a vocabulary to use; without it one is made as the recipe says");
  add_output(line, &output, "RUN", "folder of the run", true);
  line.flag("--resume", &request.resume, "go on from the run's last checkpoint");
  line.flag("--dry-run", &request.dry_run, "estimate memory and time, then stop");
  std::string n_policy, strand;
  line.text("--n-policy", "POLICY", &n_policy,
            "windows with N: skip, keep or max=F; short for --set windows.n_policy=");
  line.choice("--strand", "STRAND", &strand, {"+", "-", "both"},
              "strand windows are read from; short for --set windows.strand=");
  add_seed(line, &request.seed);
  add_machine(line, &request.machine);
  if (!line.parse()) return;
  if (genomes.specs.empty()) throw ConfigError("pretrain needs genomes: give -g GENOME");
  request.recipe = gather_recipe(recipe);
  if (!n_policy.empty()) request.recipe.set("windows.n_policy", n_policy, "--n-policy");
  if (!strand.empty()) request.recipe.set("windows.strand", strand, "--strand");
  request.genomes = genomes.specs;
  request.alias = genomes.options.alias;
  request.out = output.path;
  request.force = output.force;
  request.command = line.command();
  load_engine(request.machine).pretrain(request);
}

}  // namespace lexome::cli
