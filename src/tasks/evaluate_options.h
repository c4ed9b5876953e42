// What may be said about an evaluation: section "suite" of its recipe, beside the sections
// "finetune" and "train" that every neural arm shares.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "tasks/finetune_options.h"

namespace lexome {

struct EvaluateOptions {
  std::vector<double> rates;       // learning rates tried on dev
  bool scratch = true;             // an arm with fresh weights for each architecture
  std::string unequal = "refuse";  // refuse | warn: arms of --equal that differ
  double max_difference = 0.02;    // what still counts as equal compute
  Recipe training;                 // sections finetune and train, with the defaults below

  // The budget unless the recipe says otherwise: train.steps when given, else 5 epochs between 200
  // and 500 updates of 32 rows, with 5 looks at dev. ConfigError names unknown keys.
  static EvaluateOptions from(const Recipe& recipe);
  FinetuneOptions finetune() const { return FinetuneOptions::from(training); }
  // All keys as they were resolved, sorted; those that depend on a task's size are left open.
  std::string dump() const;
};

// Section "suite" for lists: texts only.
std::vector<Fields::Field> evaluate_option_texts();

}  // namespace lexome
