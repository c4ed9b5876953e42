// The recipes behind an evaluation's numbers, each text once. The runs of one cell differ in a few
// settings only (seed, draw), so that they share a text which gives those settings run by run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/evaluation.h"

namespace lexome {

class RecipeShelf {
 public:
  explicit RecipeShelf(const Evaluation& evaluation);

  // Eight hex digits; empty when no run of the cell left a recipe.
  const std::string& of_cell(size_t cell) const { return ids_[cell]; }

  struct Entry {
    std::string id, text;
    std::vector<std::string> users;  // "tf/0, bert, 10 shots"
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<std::string> ids_;
  std::vector<Entry> entries_;
  std::map<std::string, size_t> places_;  // of entries, by id
};

// The lines of several recipes as one text: common lines as they are; where a key's values differ,
// all of them in the order of the recipes.
std::string merged_recipe(const std::vector<std::string>& recipes);

}  // namespace lexome
