// lexome dataset: a labelled set from intervals and a genome, or from labelled genomes.
#include "data/dataset.h"

#include <fmt/format.h>

#include "cli/common.h"
#include "cli/verbs.h"

namespace lexome::cli {

void run_dataset(CommandLine& line) {
  DatasetRequest request;
  OutputOptions output;
  GenomeArguments genomes;
  RecipeOptions recipe;
  Recipe given;
  request.threads = 0;
  line.operand("INTERVALS", &request.peaks, "BED, narrowPeak, GFF or GTF (.gz)", false);
  add_genomes(line, &genomes, "genome of the intervals; repeatable, with group=NAME");
  add_output(line, &output, "DIR", "folder for train.csv, dev.csv, test.csv and dataset.tsv", true);
  line.list("--exclude", "BED", &request.exclude, "places to keep out of; repeatable");
  line.text("--signal", "BEDGRAPH", &request.signal,
            "targets are this track's means over the windows");
  line.text("--from", "FASTA", &request.from, "labelled genomes to cut into windows");
  line.text("--labels", "TABLE", &request.labels,
            "their labels: columns name, label and perhaps group");
  line.text("--label-column", "NAME", &request.label_column, "of that table; without: label");
  line.flag("--skip-bad", &request.skip_bad,
            "count intervals that are off the genome instead of stopping at the first");
  add_recipe(line, &recipe);
  add_seed(line, &request.seed);
  add_threads(line, &request.threads);
  line.heading("Windows, negatives, parts");
  line.fields(request.options.fields(), &given);
  if (!line.parse()) return;
  Recipe all = gather_recipe(recipe);
  all.merge(given);
  Schema schema;
  schema.add(request.options.fields()).apply(all);
  request.genomes = genomes.specs;
  request.genome_options = genomes.options;
  request.out = output.path;
  request.force = output.force;
  request.threads = thread_count(request.threads);
  request.command = line.command();
  std::string table = "#kind\tpart\tlabel\titems\twords\n";
  for (const DatasetCount& count : make_dataset(request)) {
    table += fmt::format("{}\t{}\t{}\t{}\t{}\n", count.kind, count.part, count.label, count.items,
                         count.words);
  }
  print(table);
}

}  // namespace lexome::cli
