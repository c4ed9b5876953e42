// Recipes: TOML files flattened to `section.key` settings that remember the line they came from.
#define TOML_ENABLE_FORMATTERS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"
#include "lexome/options.h"

namespace lexome {
namespace {

std::string at_line(const std::string& origin, const toml::source_region& source) {
  return fmt::format("{}:{}", origin, source.begin.line);
}

// A scalar as the text that `--set` would take.
std::string as_text(const toml::node& node, const std::string& key, const std::string& origin) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto integer = node.value_exact<int64_t>()) return std::to_string(*integer);
  if (const auto number = node.value_exact<double>()) return format_number(*number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  throw ConfigError(fmt::format("{}: {} must be a text, a number or true/false",
                                at_line(origin, node.source()), key));
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& origin,
             Recipe* recipe) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const toml::table* inner = node.as_table()) {
      flatten(*inner, key + ".", origin, recipe);
    } else if (const toml::array* list = node.as_array()) {
      std::string joined;  // lists are comma lists everywhere else, so they are here
      for (const toml::node& item : *list) {
        joined += (joined.empty() ? "" : ",") + as_text(item, key, origin);
      }
      recipe->set(key, joined, at_line(origin, node.source()));
    } else {
      recipe->set(key, as_text(node, key, origin), at_line(origin, node.source()));
    }
  }
}

toml::table parsed(const std::string& text, const std::string& origin) {
  try {
    return toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    std::string reason(error.description());
    for (char& c : reason) {
      if (c == '\n') c = ' ';
    }
    throw ConfigError(fmt::format("{}: not a recipe: {}", at_line(origin, error.source()), reason));
  }
}

}  // namespace

Recipe Recipe::from_file(const std::string& path) { return from_text(read_text_file(path), path); }

Recipe Recipe::from_text(const std::string& toml, const std::string& origin) {
  Recipe recipe;
  flatten(parsed(toml, origin), "", origin, &recipe);
  return recipe;
}

Recipe Recipe::from_tables(const std::string& toml, const std::string& origin,
                           const std::string& array, std::vector<Recipe>* tables) {
  std::vector<std::vector<Recipe>> all;
  Recipe rest = from_tables(toml, origin, std::vector<std::string>{array}, &all);
  *tables = std::move(all[0]);
  return rest;
}

Recipe Recipe::from_tables(const std::string& toml, const std::string& origin,
                           const std::vector<std::string>& arrays,
                           std::vector<std::vector<Recipe>>* tables) {
  toml::table all = parsed(toml, origin);
  tables->assign(arrays.size(), {});
  for (size_t i = 0; i < arrays.size(); ++i) {
    const toml::node* found = all.get(arrays[i]);
    if (found == nullptr) continue;
    const toml::array* list = found->as_array();
    if (list == nullptr || !list->is_array_of_tables()) {
      throw ConfigError(fmt::format("{}: {} must be a list of tables, each opened by [[{}]]",
                                    at_line(origin, found->source()), arrays[i], arrays[i]));
    }
    for (const toml::node& table : *list) {
      flatten(*table.as_table(), "", origin, &(*tables)[i].emplace_back());
    }
    all.erase(arrays[i]);
  }
  Recipe rest;
  flatten(all, "", origin, &rest);
  return rest;
}

void Recipe::set(const std::string& key, const std::string& value, const std::string& origin) {
  settings_[key] = {value, origin};
}

void Recipe::set_assignment(std::string_view key_equals_value) {
  const size_t at = key_equals_value.find('=');
  const std::string_view key = trim(key_equals_value.substr(0, at));
  if (at == std::string_view::npos || key.empty()) {
    throw ConfigError(fmt::format("--set needs key=value, not '{}'", key_equals_value));
  }
  set(std::string(key), std::string(trim(key_equals_value.substr(at + 1))), "--set");
}

void Recipe::merge(const Recipe& later) {
  for (const auto& [key, setting] : later.settings_) settings_[key] = setting;
}

const Recipe::Setting* Recipe::find(const std::string& key) const {
  const auto found = settings_.find(key);
  return found == settings_.end() ? nullptr : &found->second;
}

}  // namespace lexome
