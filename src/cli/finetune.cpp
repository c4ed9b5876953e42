// lexome finetune: a labelled task on top of a pre-trained model.
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/result_table.h"

namespace lexome::cli {

void run_finetune(CommandLine& line) {
  FinetuneRequest request;
  RecipeOptions recipe;
  OutputOptions output;
  line.text("-m,--model", "RUN", &request.model, "the pre-trained run");
  line.required();
  line.text("--train", "FILE", &request.train, "labelled sequences to learn from");
  line.required();
  line.text("--dev", "FILE", &request.dev, "to choose the best step; without it a part of --train");
  line.text("--test", "FILE", &request.test, "scored once, at the end");
  add_output(line, &output, "RUN2", "folder of the new run", true);
  add_recipe(line, &recipe);
  line.flag("--scratch", &request.scratch, "same model and vocabulary, fresh weights");
  line.flag("--resume", &request.resume, "go on from the last checkpoint of RUN2");
  line.flag("--dry-run", &request.dry_run, "estimate memory and time, then stop");
  line.flag("--skip-bad", &request.skip_bad, "count bad rows instead of stopping at the first");
  line.text("--sequence-column", "NAME", &request.sequence_column, "found when not given");
  line.text("--label-column", "NAME", &request.label_column, "found when not given");
  add_seed(line, &request.seed);
  add_machine(line, &request.machine);
  if (!line.parse()) return;
  request.recipe = gather_recipe(recipe);
  request.out = output.path;
  request.force = output.force;
  request.command = line.command();
  const ResultTable results = load_engine(request.machine).finetune(request);
  if (!results.rows.empty()) print(results.to_tsv());
}

}  // namespace lexome::cli
