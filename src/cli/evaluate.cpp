// lexome evaluate: models on a suite, beside baselines; `lexome evaluate audit` looks at files
// alone.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/common.h"
#include "cli/evaluate_audit.h"
#include "cli/verbs.h"
#include "lexome/error.h"
#include "lexome/result_table.h"

namespace lexome::cli {
namespace {

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (const std::string_view name : split(list, ',')) {
    if (!trim(name).empty()) names.emplace_back(trim(name));
  }
  return names;
}

std::vector<int64_t> shots_in(const std::string& list) {
  std::vector<int64_t> shots;
  for (const std::string& word : names_in(list)) {
    const int64_t count = word == "all" ? -1 : parse_size(word, "--shots");
    if (word != "all" && count < 1) {
      throw ConfigError(
          fmt::format("--shots: '{}' is no number of rows a class; give 10,100,all", word));
    }
    shots.push_back(count);
  }
  return shots;
}

}  // namespace

void run_evaluate(CommandLine& line) {
  if (line.peek() == "audit") return run_evaluate_audit(line);
  EvaluateRequest request;
  RecipeOptions recipe;
  OutputOptions output;
  std::string tasks, baselines, shots;
  line.operand("SUITE", &request.suite, "a shipped suite's name or a manifest; or the word audit");
  line.list("-m,--model", "RUN", &request.models,
            "a pre-trained run; may be given several times; without it baselines only");
  add_output(line, &output, "DIR", "the evaluation folder; a dry run needs none", false);
  line.flag("--resume", &request.resume, "keep the runs of DIR that are done, and go on");
  line.flag("--dry-run", &request.dry_run, "print the runs and what they cost, then stop");
  line.text("--data", "DIR", &request.data, "folder of the suite's files");
  line.heading("What is run");
  line.text("--tasks", "A,B", &tasks, "tasks or groups of the suite; all without");
  line.text("--baselines", "A,B", &baselines,
            "majority, kmer-lr, kmer-position, cnn, or none; all without");
  line.text("--shots", "N,M,all", &shots, "training rows a class; as the suite says without");
  line.integer("--draws", "N", &request.draws, 0, 1000, "draws of the shots; 0: the suite's");
  line.integer("--seeds", "N", &request.seeds, 0, 1000, "fine-tuning seeds; 0: the suite's");
  line.choice("--equal", "WHAT", &request.equal, {"bases", "flops"},
              "compare at equal compute: refuse models that differ, write the table");
  line.flag("--allow-overlap", &request.allow_overlap, "let one file play two parts");
  add_recipe(line, &recipe);
  add_seed(line, &request.seed);
  add_machine(line, &request.machine);
  if (!line.parse()) return;
  if (output.path.empty() && !request.dry_run) {
    throw ConfigError("-o is missing; `lexome evaluate -h` shows the options");
  }
  request.recipe = gather_recipe(recipe);
  request.tasks = names_in(tasks);
  request.baselines = names_in(baselines);
  request.shots = shots_in(shots);
  request.out = output.path;
  request.force = output.force;
  request.command = line.command();
  load_engine(request.machine).evaluate(request);
}

}  // namespace lexome::cli
