// Options that mean the same in every verb. A verb takes the groups it honours; an option it does
// not honour is refused, never ignored.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "lexome/engine.h"
#include "lexome/genome.h"

namespace lexome::cli {

struct OutputOptions {
  std::string path;
  bool force = false;
};
// -o and --force. With `required` the output must be named; without, it is stdout.
void add_output(CommandLine& line, OutputOptions* options, const char* meta, const char* help,
                bool required);

// -t: total threads; 0 stands for all cores this process may use.
void add_threads(CommandLine& line, int* threads);
int thread_count(int threads);  // the 0 resolved

void add_seed(CommandLine& line, uint64_t* seed);

// -t, --device, --precision, --deterministic.
void add_machine(CommandLine& line, Machine* machine);

struct RecipeOptions {
  std::vector<std::string> files, settings;
};
// -c and --set.
void add_recipe(CommandLine& line, RecipeOptions* options);
// Files in order, then --set in order. A name that is no file is looked up among the shipped
// recipes.
Recipe gather_recipe(const RecipeOptions& options);

struct GenomeArguments {
  std::vector<std::string> specs;
  GenomeOptions options;
};
// -g (repeatable) and --alias.
void add_genomes(CommandLine& line, GenomeArguments* genomes, const char* help);

// --no-version: leaves out the `##` lines, so that outputs of two builds can be compared.
void add_no_version(CommandLine& line, bool* no_version);

// Prints text to stdout; a closed pipe ends the program quietly, a full disk is an error.
void print(const std::string& text);

}  // namespace lexome::cli
