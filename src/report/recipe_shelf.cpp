#include "report/recipe_shelf.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/sections.h"

namespace lexome {
namespace {

// What stands before '=' names a line; lines without one name themselves.
std::string key_of(std::string_view line) {
  return std::string(trim(line.substr(0, line.find('='))));
}

std::string value_of(std::string_view line) {
  const size_t equals = line.find('=');
  return equals == std::string_view::npos ? "" : std::string(trim(line.substr(equals + 1)));
}

}  // namespace

std::string merged_recipe(const std::vector<std::string>& recipes) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> values;  // one a recipe
  std::map<std::string, std::string> lines;
  for (size_t r = 0; r < recipes.size(); ++r) {
    for (const std::string_view line : split(recipes[r], '\n')) {
      if (trim(line).empty()) continue;
      const std::string key = key_of(line);
      const auto [found, fresh] = values.try_emplace(key, recipes.size(), "(not set)");
      if (fresh) {
        order.push_back(key);
        lines[key] = std::string(line);
      }
      found->second[r] = value_of(line);
    }
  }
  std::string text;
  for (const std::string& key : order) {
    const std::vector<std::string>& all = values[key];
    const bool same = std::all_of(all.begin(), all.end(),
                                  [&](const std::string& value) { return value == all[0]; });
    if (same) {
      text += lines[key] + "\n";
      continue;
    }
    text += key + " = ";
    for (size_t r = 0; r < all.size(); ++r) text += (r ? " | " : "") + all[r];
    text += "   # run by run\n";
  }
  return text;
}

RecipeShelf::RecipeShelf(const Evaluation& evaluation) {
  for (const EvaluatedCell& cell : evaluation.cells) {
    std::vector<std::string> recipes;
    std::string folders;
    for (const size_t run : cell.runs) {
      if (evaluation.runs[run].recipe.empty()) continue;
      recipes.push_back(evaluation.runs[run].recipe);
      folders += (folders.empty() ? "" : ", ") + evaluation.runs[run].folder;
    }
    if (recipes.empty()) {
      ids_.emplace_back();
      continue;
    }
    std::string text = merged_recipe(recipes);
    std::string id = sha256_of(text).substr(0, 8);
    const auto [found, fresh] = places_.try_emplace(id, entries_.size());
    if (fresh) entries_.push_back({id, std::move(text), {}});
    entries_[found->second].users.push_back(
        fmt::format("{}, {}, shots: {} ({})", evaluation.tasks[cell.task].name, cell.model,
                    shots_label(cell.shots), folders));
    ids_.push_back(std::move(id));
  }
}

}  // namespace lexome
