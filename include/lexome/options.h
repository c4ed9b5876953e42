// Options are declared once, next to the code that reads them: from a declaration come recipe keys,
// `--set key=value`, help, defaults, range checks and the dumped recipe.toml. A recipe is a flat
// list of `section.key = value` lines, a strict subset of TOML (tables are accepted and flattened).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lexome {

// Key-value settings and where each came from ("recipe.toml:3", "--set"). Later settings win.
class Recipe {
 public:
  struct Setting {
    std::string value;  // as text, unquoted
    std::string origin;
  };
  static Recipe from_file(const std::string& path);  // ConfigError with line
  static Recipe from_text(const std::string& toml, const std::string& origin);
  // A file with an array of tables, "[[array]]": each table becomes a recipe of its own, in order,
  // and what stands outside of them is returned.
  static Recipe from_tables(const std::string& toml, const std::string& origin,
                            const std::string& array, std::vector<Recipe>* tables);
  // The same with several such arrays: `tables` gets one list for each, in the order of `arrays`.
  static Recipe from_tables(const std::string& toml, const std::string& origin,
                            const std::vector<std::string>& arrays,
                            std::vector<std::vector<Recipe>>* tables);
  void set(const std::string& key, const std::string& value, const std::string& origin);
  void set_assignment(std::string_view key_equals_value);  // "--set" form
  void merge(const Recipe& later);
  const Setting* find(const std::string& key) const;
  const std::map<std::string, Setting>& settings() const { return settings_; }

 private:
  std::map<std::string, Setting> settings_;
};

// The options of one component, bound to its variables. Sizes accept k/M/G (powers of 1000).
class Fields {
 public:
  struct Field {
    std::string key;    // "tokenizer.k"
    std::string type;   // "integer", "integers", "number", "flag", "text", "choice"
    std::string range;  // "1..12", "random|span", ""
    std::string help;
    std::string fallback;  // the default, as text
    std::function<void(const std::string& value, const std::string& origin)> read;
    std::function<std::string()> write;  // the present value as a TOML literal
  };
  explicit Fields(std::string section) : section_(std::move(section)) {}
  Fields& integer(const char* name, int* value, int lo, int hi, const char* help);
  Fields& integer(const char* name, int64_t* value, int64_t lo, int64_t hi, const char* help);
  // A comma list of whole numbers, empty by default.
  Fields& integers(const char* name, std::vector<int64_t>* values, int64_t lo, int64_t hi,
                   const char* help);
  Fields& number(const char* name, double* value, double lo, double hi, const char* help);
  Fields& flag(const char* name, bool* value, const char* help);
  Fields& text(const char* name, std::string* value, const char* help);
  Fields& choice(const char* name, std::string* value, std::vector<std::string> choices,
                 const char* help);
  const std::vector<Field>& all() const { return fields_; }

 private:
  std::string key(const char* name) const;
  std::string section_;
  std::vector<Field> fields_;
};

// All options of one run. `apply` sets what the recipe names and refuses unknown keys with the
// nearest known one; `dump` writes the resolved recipe, one line a key, sorted.
class Schema {
 public:
  // `all_keys` ends the message about an unknown key that resembles no known one.
  explicit Schema(std::string all_keys = "`lexome list` shows all keys")
      : all_keys_(std::move(all_keys)) {}
  Schema& add(Fields fields);
  void apply(const Recipe& recipe) const;
  std::string dump() const;
  const std::vector<Fields::Field>& fields() const { return fields_; }

 private:
  std::string all_keys_;
  std::vector<Fields::Field> fields_;
};

}  // namespace lexome
