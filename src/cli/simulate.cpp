// lexome simulate: a genome with a known grammar.
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "genome/simulator.h"

namespace lexome::cli {

void run_simulate(CommandLine& line) {
  OutputOptions output;
  SimulateOptions options;
  Recipe given;
  RecipeOptions recipe;
  uint64_t seed = 1;
  int threads = 0;
  add_output(line, &output, "DIR", "folder for genome, tasks and truth", true);
  add_recipe(line, &recipe);
  add_seed(line, &seed);
  add_threads(line, &threads);
  line.heading("What is simulated");
  line.fields(options.fields(), &given);
  if (!line.parse()) return;
  Recipe all = gather_recipe(recipe);
  all.merge(given);
  Schema schema;
  schema.add(options.fields()).apply(all);
  const SimulateSummary made = simulate(options, seed, output.path, output.force, threads);
  log::info("{}: {} bases on {} contigs, {} genes, {} repeats, {} decoys", output.path,
            with_commas(made.bases), made.contigs, with_commas(made.genes),
            with_commas(made.repeats), with_commas(made.decoys));
  std::string table = "#task\tsplit\trows\tclasses\toracle_accuracy\toracle_auroc\n";
  for (const TaskSummary& task : made.tasks) {
    table += fmt::format("{}\t{}\t{}\t{}\t{:.4f}\t{:.4f}\n", task.task, task.split, task.rows,
                         task.classes, task.accuracy, task.auroc);
  }
  print(table);
}

}  // namespace lexome::cli
