// The program: picks the verb, and turns whatever went wrong into one line and an exit code.
// 0 done; 1 input, data or machine failed; 2 wrong usage; 128+signal a signal stopped the run.
#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/provenance.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/error.h"

namespace lexome::cli {
namespace {

std::string overview() {
  std::string out =
      "lexome: learn the vocabulary of a genome, and train language models on it\n\n"
      "Usage: lexome VERB [options] inputs\n";
  std::string section;
  for (const Verb& verb : verb_table()) {
    if (section != verb.section) out += fmt::format("\n{}:\n", verb.section);
    section = verb.section;
    out += fmt::format("  {:<10} {}\n", verb.name, verb.help);
  }
  out +=
      "\n`lexome VERB -h` explains a verb, with examples to copy; `lexome --version` names the "
      "build.\n";
  return out;
}

// A word as a shell would need it, so that a command in a file's head can be pasted.
std::string shell_word(const std::string& word) {
  constexpr const char* kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:@%";
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

void run(std::vector<std::string> words) {
  std::string command = "lexome";
  for (const std::string& word : words) command += " " + shell_word(word);
  if (words.empty()) throw ConfigError("no verb given; `lexome --help` lists them");
  const std::string first = words[0];
  const bool asks_verb_help = first == "help" && words.size() > 1;
  if (asks_verb_help) words = {words[1], "--help"};
  if (!asks_verb_help && (first == "-h" || first == "--help" || first == "help")) {
    return print(overview());
  }
  if (first == "--version") {
    return print(fmt::format("lexome {} ({})\n", version(), build_commit()));
  }
  if (words[0][0] == '-') {
    throw ConfigError(
        fmt::format("a verb must come first, not {}; `lexome --help` lists them", first));
  }
  const Verb& verb = find_verb(words[0]);
  CommandLine line(verb, {words.begin() + 1, words.end()}, command);
  verb.run(line);
}

int exit_code_of(const std::exception& problem) {
  if (const auto* stop = dynamic_cast<const Interrupted*>(&problem)) {
    // A reader that has seen enough (`| head`) is no news.
    if (stop->signal() != SIGPIPE) log::write_info(stop->what());
    return 128 + stop->signal();
  }
  if (dynamic_cast<const std::bad_alloc*>(&problem) != nullptr) {
    log::write_error("not enough memory for this input");
    return 1;
  }
  const auto* known = dynamic_cast<const Error*>(&problem);
  const std::string text = problem.what();
  log::write_error(known != nullptr ? text : "internal error: " + text.substr(0, text.find('\n')));
  return known != nullptr && known->kind() == ErrorKind::kConfig ? 2 : 1;
}

}  // namespace
}  // namespace lexome::cli

int main(int argc, char** argv) {
  lexome::install_signal_cleanup();
  try {
    lexome::cli::run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& problem) {
    return lexome::cli::exit_code_of(problem);
  }
}
