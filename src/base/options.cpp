// Fields and schemas: from one declaration to reading, range checks, hints and the dumped recipe.
#include "lexome/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// A TOML basic string.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

[[noreturn]] void refuse(const std::string& origin, const std::string& key, const std::string& rule,
                         const std::string& value) {
  throw ConfigError(fmt::format("{}: {} must be {}, not '{}'", origin, key, rule, value));
}

// "0..1", or "0.." when nothing but the type bounds it above.
std::string number_range(double lo, double hi, const char* between) {
  if (hi >= std::numeric_limits<double>::max()) return format_number(lo) + between;
  return format_number(lo) + between + format_number(hi);
}

template <class Integer>
Fields::Field integer_field(std::string key, Integer* value, Integer lo, Integer hi,
                            const char* help) {
  const std::string range = fmt::format("{}..{}", lo, hi);
  const auto read = [=](const std::string& text, const std::string& origin) {
    const std::string rule = fmt::format("a whole number from {} to {}", lo, hi);
    int64_t parsed = 0;
    try {
      parsed = parse_size(text, key);
    } catch (const ConfigError&) {
      refuse(origin, key, rule, text);
    }
    if (parsed < lo || parsed > hi) refuse(origin, key, rule, text);
    *value = static_cast<Integer>(parsed);
  };
  const auto write = [value] { return fmt::format("{}", *value); };
  return {key, "integer", range, help, write(), read, write};
}

}  // namespace

Fields& Fields::integer(const char* name, int* value, int lo, int hi, const char* help) {
  fields_.push_back(integer_field(key(name), value, lo, hi, help));
  return *this;
}

Fields& Fields::integer(const char* name, int64_t* value, int64_t lo, int64_t hi,
                        const char* help) {
  fields_.push_back(integer_field(key(name), value, lo, hi, help));
  return *this;
}

Fields& Fields::integers(const char* name, std::vector<int64_t>* values, int64_t lo, int64_t hi,
                         const char* help) {
  const std::string full = key(name);
  const auto read = [=](const std::string& text, const std::string& origin) {
    values->clear();
    if (trim(text).empty()) return;
    for (const std::string_view part : split(text, ',')) {
      int64_t one = 0;
      integer_field(full, &one, lo, hi, help).read(std::string(trim(part)), origin);
      values->push_back(one);
    }
  };
  const auto write = [values] { return fmt::format("[{}]", fmt::join(*values, ", ")); };
  fields_.push_back(
      {full, "integers", fmt::format("{}..{},...", lo, hi), help, write(), read, write});
  return *this;
}

Fields& Fields::number(const char* name, double* value, double lo, double hi, const char* help) {
  const std::string full = key(name);
  const auto read = [=](const std::string& text, const std::string& origin) {
    double parsed = 0;
    if (!parse_double(trim(text), &parsed) || !(parsed >= lo && parsed <= hi)) {
      const bool is_open = hi >= std::numeric_limits<double>::max();
      refuse(origin, full,
             is_open ? "a number of at least " + format_number(lo)
                     : "a number from " + number_range(lo, hi, " to "),
             text);
    }
    *value = parsed;
  };
  const auto write = [value] { return format_number(*value); };
  fields_.push_back({full, "number", number_range(lo, hi, ".."), help, write(), read, write});
  return *this;
}

Fields& Fields::flag(const char* name, bool* value, const char* help) {
  const std::string full = key(name);
  const auto read = [=](const std::string& text, const std::string& origin) {
    if (text != "true" && text != "false") refuse(origin, full, "true or false", text);
    *value = text == "true";
  };
  const auto write = [value] { return std::string(*value ? "true" : "false"); };
  fields_.push_back({full, "flag", "true|false", help, write(), read, write});
  return *this;
}

Fields& Fields::text(const char* name, std::string* value, const char* help) {
  const auto read = [value](const std::string& text, const std::string&) { *value = text; };
  const auto write = [value] { return quoted(*value); };
  fields_.push_back({key(name), "text", "", help, *value, read, write});
  return *this;
}

Fields& Fields::choice(const char* name, std::string* value, std::vector<std::string> choices,
                       const char* help) {
  const std::string full = key(name);
  const std::string range = fmt::format("{}", fmt::join(choices, "|"));
  const auto read = [=](const std::string& text, const std::string& origin) {
    if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
      const std::string near = nearest_name(text, choices);
      throw ConfigError(fmt::format("{}: {} must be one of {}, not '{}'{}", origin, full, range,
                                    text, near.empty() ? "" : "; did you mean " + near + "?"));
    }
    *value = text;
  };
  const auto write = [value] { return quoted(*value); };
  fields_.push_back({full, "choice", range, help, *value, read, write});
  return *this;
}

std::string Fields::key(const char* name) const {
  return section_.empty() ? std::string(name) : section_ + "." + name;
}

Schema& Schema::add(Fields fields) {
  for (const Fields::Field& field : fields.all()) {
    for (const Fields::Field& known : fields_) {
      if (known.key == field.key) throw InternalError("option declared twice: " + field.key);
    }
    fields_.push_back(field);
  }
  return *this;
}

void Schema::apply(const Recipe& recipe) const {
  std::vector<std::pair<const Fields::Field*, const Recipe::Setting*>> short_ones;
  for (const auto& [key, setting] : recipe.settings()) {
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [&key = key](const auto& f) { return f.key == key; });
    if (field != fields_.end()) {
      field->read(setting.value, setting.origin);
      continue;
    }
    std::vector<std::string> known;
    std::vector<const Fields::Field*> ending;  // keys that --set may name by their last part
    for (const Fields::Field& f : fields_) {
      known.push_back(f.key);
      if (setting.origin == "--set" && f.key.ends_with("." + key)) ending.push_back(&f);
    }
    if (ending.size() != 1) {
      const std::string near = nearest_name(key, known);
      throw ConfigError(
          fmt::format("{}: unknown key {}{}", setting.origin, key,
                      near.empty() ? "; " + all_keys_ : "; did you mean " + near + "?"));
    }
    short_ones.emplace_back(ending.front(), &setting);
  }
  // After the whole recipe, which may name the same key in full: --set wins.
  for (const auto& [field, setting] : short_ones) field->read(setting->value, setting->origin);
}

std::string Schema::dump() const {
  std::vector<const Fields::Field*> sorted;
  for (const Fields::Field& field : fields_) sorted.push_back(&field);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->key < b->key; });
  std::string out;
  for (const Fields::Field* field : sorted) out += field->key + " = " + field->write() + "\n";
  return out;
}

}  // namespace lexome
