// Parsing through CLI11, with our own words for help and mistakes.
#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/verbs.h"
#include "lexome/error.h"

namespace lexome::cli {
namespace {

struct Entry {
  std::string heading, names, meta, help, shown_default;
};

// "--output" of "-o,--output": what messages call an option.
std::string long_name(const std::string& names) { return names.substr(names.rfind(',') + 1); }

// Wraps text to a width, further lines indented.
std::string wrapped(const std::string& text, size_t indent, size_t width) {
  std::string out;
  size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace

struct CommandLine::Impl {
  Impl(const Verb& v, std::vector<std::string> a) : verb(v), arguments(std::move(a)) {
    app.set_help_flag();  // ours, so that the layout is ours
    app.allow_extras();
  }
  const Verb& verb;
  std::vector<std::string> arguments;
  CLI::App app;
  std::string heading = "Options";
  std::vector<Entry> entries;
  std::vector<std::string> needed;  // names of options that must be given
  bool help = false, quiet = false, verbose = false;
};

CommandLine::CommandLine(const Verb& verb, std::vector<std::string> arguments, std::string command)
    : impl_(std::make_unique<Impl>(verb, std::move(arguments))), command_(std::move(command)) {}
CommandLine::~CommandLine() = default;

void CommandLine::heading(std::string title) { impl_->heading = std::move(title); }

void CommandLine::add(const char* names, const std::string& meta, const std::string& help,
                      const std::string& shown_default, bool repeatable,
                      std::function<void(const std::string&)> read) {
  const auto callback = [read = std::move(read)](const CLI::results_t& values) {
    for (const std::string& value : values) read(value);
    return true;
  };
  CLI::Option* option = impl_->app.add_option(names, CLI::callback_t(callback));
  option->expected(1)->allow_extra_args(false);
  option->multi_option_policy(repeatable ? CLI::MultiOptionPolicy::TakeAll
                                         : CLI::MultiOptionPolicy::Throw);
  impl_->entries.push_back({impl_->heading, names, meta, help, shown_default});
}

void CommandLine::flag(const char* names, bool* value, const char* help) {
  impl_->app.add_flag_callback(names, [value] { *value = true; });
  impl_->entries.push_back({impl_->heading, names, "", help, ""});
}

void CommandLine::text(const char* names, const char* meta, std::string* value, const char* help) {
  add(names, meta, help, *value, false, [value](const std::string& text) { *value = text; });
}

void CommandLine::choice(const char* names, const char* meta, std::string* value,
                         std::vector<std::string> choices, const char* help) {
  const std::string all = fmt::format("{}", fmt::join(choices, ", "));
  add(names, meta, fmt::format("{} ({})", help, all), *value, false,
      [=, name = long_name(names)](const std::string& text) {
        if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
          throw ConfigError(fmt::format("{} must be one of {}, not '{}'", name, all, text));
        }
        *value = text;
      });
}

void CommandLine::integer(const char* names, const char* meta, int* value, int lo, int hi,
                          const char* help) {
  add(names, meta, help, std::to_string(*value), false,
      [=, name = long_name(names)](const std::string& text) {
        const int64_t parsed = parse_size(text, name);
        if (parsed < lo || parsed > hi) {
          throw ConfigError(fmt::format("{} must be from {} to {}, not {}", name, lo, hi, text));
        }
        *value = static_cast<int>(parsed);
      });
}

void CommandLine::integer(const char* names, const char* meta, int64_t* value, int64_t lo,
                          int64_t hi, const char* help) {
  add(names, meta, help, std::to_string(*value), false,
      [=, name = long_name(names)](const std::string& text) {
        const int64_t parsed = parse_size(text, name);
        if (parsed < lo || parsed > hi) {
          throw ConfigError(fmt::format("{} must be from {} to {}, not {}", name, lo, hi, text));
        }
        *value = parsed;
      });
}

void CommandLine::integer(const char* names, const char* meta, uint64_t* value, const char* help) {
  add(names, meta, help, std::to_string(*value), false,
      [=, name = long_name(names)](const std::string& text) {
        int64_t parsed = 0;
        if (!parse_int(text, &parsed) || parsed < 0) {
          throw ConfigError(
              fmt::format("{} must be a whole number, 0 or more, not '{}'", name, text));
        }
        *value = static_cast<uint64_t>(parsed);
      });
}

void CommandLine::memory(const char* names, const char* meta, int64_t* bytes, const char* help) {
  add(names, meta, help, "", false, [=, name = long_name(names)](const std::string& text) {
    *bytes = parse_memory(text, name);
    if (*bytes <= 0) throw ConfigError(name + " must be more than 0");
  });
}

void CommandLine::list(const char* names, const char* meta, std::vector<std::string>* values,
                       const char* help) {
  add(names, meta, help, "", true, [values](const std::string& text) { values->push_back(text); });
}

void CommandLine::operand(const char* name, std::string* value, const char* help, bool required) {
  add(name, "", help, "", false, [value](const std::string& text) { *value = text; });
  if (required) impl_->needed.emplace_back(name);
}

void CommandLine::operands(const char* name, std::vector<std::string>* values, const char* help,
                           bool required) {
  add(name, "", help, "", true, [values](const std::string& text) { values->push_back(text); });
  impl_->app.get_option(name)->expected(0, CLI::detail::expected_max_vector_size);
  impl_->app.get_option(name)->allow_extra_args(true);
  if (required) impl_->needed.emplace_back(name);
}

void CommandLine::fields(const Fields& fields, Recipe* recipe) {
  for (const Fields::Field& field : fields.all()) {
    std::string name = "--" + field.key.substr(field.key.rfind('.') + 1);
    std::replace(name.begin(), name.end(), '_', '-');
    const std::string range = field.range.empty() ? "" : " (" + field.range + ")";
    add(name.c_str(), field.type, field.help + range, field.fallback, false,
        [recipe, name, key = field.key](const std::string& text) { recipe->set(key, text, name); });
  }
}

std::string CommandLine::peek() const {
  const auto& words = impl_->arguments;
  return words.empty() || words[0].empty() || words[0][0] == '-' ? "" : words[0];
}

void CommandLine::required() { impl_->needed.push_back(impl_->entries.back().names); }

bool CommandLine::parse() {
  heading("Talk");
  flag("-q,--quiet", &impl_->quiet, "errors and warnings only");
  flag("-v,--verbose", &impl_->verbose, "say more");
  flag("-h,--help", &impl_->help, "this help");
  const std::string hint = fmt::format("; `lexome {} -h` shows the options", impl_->verb.name);
  std::vector<std::string> reversed(impl_->arguments.rbegin(), impl_->arguments.rend());
  // Help wins over every mistake on the line.
  const auto& arguments = impl_->arguments;
  const bool asks_help = std::any_of(arguments.begin(), arguments.end(), [](const auto& argument) {
    return argument == "-h" || argument == "--help";
  });
  if (asks_help) {
    OutputFile out("-");
    out.write(help_text());
    out.commit();
    return false;
  }
  try {
    impl_->app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    std::string reason = error.what();
    const std::string name = reason.substr(0, reason.find(':'));
    if (reason.find("At Most 1") != std::string::npos) reason = name + " is given more than once";
    if (reason.find("1 required") != std::string::npos) reason = name + " needs a value";
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    throw ConfigError(reason + hint);
  }
  if (const std::vector<std::string> extra = impl_->app.remaining(); !extra.empty()) {
    std::vector<std::string> known;
    for (const Entry& entry : impl_->entries) known.push_back(long_name(entry.names));
    const std::string name = extra[0].substr(0, extra[0].find('='));
    const bool is_option = name.size() > 1 && name[0] == '-';
    const std::string near = is_option ? nearest_name(name, known) : "";
    throw ConfigError(fmt::format("{} '{}'{}", is_option ? "unknown option" : "unexpected argument",
                                  name, near.empty() ? hint : "; did you mean " + near + "?"));
  }
  for (const std::string& names : impl_->needed) {
    const std::string& first = names.substr(0, names.find(','));
    if (impl_->app.count(first) == 0) {
      throw ConfigError(fmt::format("{} is missing{}", first, hint));
    }
  }
  log::set_verbosity(impl_->quiet ? -1 : impl_->verbose ? 1 : 0);
  return true;
}

std::string CommandLine::help_text() const {
  constexpr size_t kColumn = 28, kWidth = 100;
  const Verb& verb = impl_->verb;
  std::string out = fmt::format("lexome {}: {}\n\nUsage: lexome {} {}\n", verb.name, verb.help,
                                verb.name, verb.usage);
  std::string heading;
  for (const Entry& entry : impl_->entries) {
    if (entry.heading != heading) out += fmt::format("\n{}:\n", entry.heading);
    heading = entry.heading;
    std::string names = entry.names;
    if (const size_t comma = names.find(','); comma != std::string::npos)
      names.insert(comma + 1, " ");
    std::string left = "  " + names + (entry.meta.empty() ? "" : " " + entry.meta);
    left += left.size() + 1 > kColumn ? "\n" + std::string(kColumn, ' ')
                                      : std::string(kColumn - left.size(), ' ');
    const bool shows = !entry.shown_default.empty();
    const std::string right = entry.help + (shows ? " [" + entry.shown_default + "]" : "");
    out += left + wrapped(right, kColumn, kWidth) + "\n";
  }
  out += "\nExamples:\n";
  for (const char* example : verb.examples) out += fmt::format("  {}\n", example);
  return out;
}

}  // namespace lexome::cli
