// One verb's command line: options declared with the variables they fill, parsing, and help. The
// parser (CLI11) stays inside, so that verbs compile fast; messages name the option and the way to
// mend it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lexome/options.h"

namespace lexome::cli {

struct Verb;

class CommandLine {
 public:
  // `command` is the whole line as typed, for provenance.
  CommandLine(const Verb& verb, std::vector<std::string> arguments, std::string command);
  ~CommandLine();

  // Options declared from here on stand under this heading in the help.
  void heading(std::string title);
  // Names as in "-o,--output"; `meta` is what the help calls the value.
  void flag(const char* names, bool* value, const char* help);
  void text(const char* names, const char* meta, std::string* value, const char* help);
  void choice(const char* names, const char* meta, std::string* value,
              std::vector<std::string> choices, const char* help);
  void integer(const char* names, const char* meta, int* value, int lo, int hi, const char* help);
  void integer(const char* names, const char* meta, int64_t* value, int64_t lo, int64_t hi,
               const char* help);
  void integer(const char* names, const char* meta, uint64_t* value, const char* help);
  void memory(const char* names, const char* meta, int64_t* bytes, const char* help);
  // May be given several times, one value each; never swallows what follows.
  void list(const char* names, const char* meta, std::vector<std::string>* values,
            const char* help);
  void operand(const char* name, std::string* value, const char* help, bool required = true);
  void operands(const char* name, std::vector<std::string>* values, const char* help,
                bool required = true);
  // Every field of a component as "--field VALUE", gathered as settings of a recipe.
  void fields(const Fields& fields, Recipe* recipe);
  // The first word when it is no option, else "": for verbs whose options depend on it.
  std::string peek() const;
  // The option declared last must be given.
  void required();

  // False when help was asked for, which is then printed. Throws ConfigError on wrong usage.
  bool parse();
  const std::string& command() const { return command_; }

 private:
  struct Impl;
  void add(const char* names, const std::string& meta, const std::string& help,
           const std::string& shown_default, bool repeatable,
           std::function<void(const std::string&)> read);
  std::string help_text() const;
  std::unique_ptr<Impl> impl_;
  std::string command_;
};

}  // namespace lexome::cli
