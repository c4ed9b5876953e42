// lexome reproduce: runs a published result again and says whether its numbers came back.
#include "report/reproduce.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/log.h"
#include "base/shipped.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "lexome/error.h"

namespace lexome::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kShipped[] = "recipes/reproduce";
constexpr int kNotStarted = 127;

// This program again, in `folder`, its stdout in the file `out` there. Returns its exit code.
int run_program(const std::vector<std::string>& words, const std::string& folder,
                const std::string& out) {
  std::string program = fs::canonical("/proc/self/exe").string();
  std::vector<std::string> all = words;
  all.insert(all.begin(), program);
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string file = folder + "/" + out;
  const pid_t child = fork();
  if (child < 0) throw IoError("cannot start " + program, errno);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // does not outlive us
    const int stream = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (stream < 0 || dup2(stream, STDOUT_FILENO) < 0 || chdir(folder.c_str()) != 0) {
      _exit(kNotStarted);
    }
    execv(program.c_str(), arguments.data());
    _exit(kNotStarted);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw IoError("cannot wait for " + program, errno);
  }
  if (WIFSIGNALED(status)) {
    throw Interrupted(WTERMSIG(status), "a command was stopped by a signal");
  }
  return WEXITSTATUS(status);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text = "lexome";
  for (const std::string& word : words) text += " " + word;
  return text;
}

std::string made_folder(const OutputOptions& output, std::optional<TemporaryPath>* temporary) {
  if (output.path.empty()) {
    std::string name = (fs::temp_directory_path() / "lexome_reproduce_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw IoError("cannot make folder " + name, errno);
    temporary->emplace(name);
    return name;
  }
  check_output(output.path, true);
  if (fs::exists(output.path) && !(fs::is_directory(output.path) && fs::is_empty(output.path))) {
    throw ConfigError(output.path + ": exists; give -o a new folder");
  }
  fs::create_directories(output.path);
  return fs::absolute(output.path).string();
}

}  // namespace

void run_reproduce(CommandLine& line) {
  std::string recipe, data;
  OutputOptions output;
  bool dry_run = false;
  line.operand("RECIPE", &recipe, "a result's file, or the name of a shipped one");
  line.text("--data", "DIR", &data, "folder of the data; the recipe's without");
  line.text("-o,--output", "DIR", &output.path, "folder to run in, kept; a temporary one without");
  line.flag("--dry-run", &dry_run, "check the data and print the commands, then stop");
  if (!line.parse()) return;
  const std::string path = shipped_file(kShipped, recipe);
  const Reproduction reproduction = read_reproduction(path);
  const std::string here = fs::absolute(path).parent_path().lexically_normal().string();
  const std::string data_folder =
      data.empty() ? here : fs::absolute(data).lexically_normal().string();
  check_data(reproduction, data_folder);
  std::vector<std::vector<std::string>> commands = reproduction.commands;
  for (std::vector<std::string>& words : commands) {
    for (std::string& word : words) word = with_folders(word, data_folder, here);
  }
  if (dry_run) {
    std::string text;
    for (const std::vector<std::string>& words : commands) text += joined(words) + "\n";
    return print(text);
  }
  std::optional<TemporaryPath> temporary;
  const std::string folder = made_folder(output, &temporary);
  log::info("{}: {} files as they were, {} commands, {} numbers", path, reproduction.data.size(),
            commands.size(), reproduction.expected.size());
  for (size_t i = 0; i < commands.size(); ++i) {
    log::info("[{}/{}] {}", i + 1, commands.size(), joined(commands[i]));
    const int code = run_program(commands[i], folder, fmt::format("run-{}.out", i + 1));
    if (code > 128) throw Interrupted(code - 128, "a command was stopped by a signal");
    if (code != 0) {
      throw InputError(fmt::format("command {} of {} ended with exit code {}: {}", i + 1, path,
                                   code, joined(commands[i])));
    }
  }
  const std::vector<Verdict> verdicts = judge(reproduction, folder);
  print(verdict_table(verdicts));
  size_t failed = 0;
  for (const Verdict& verdict : verdicts) failed += verdict.passed() ? 0 : 1;
  if (failed > 0) {
    throw InputError(
        fmt::format("{}: {} of {} numbers did not come back", path, failed, verdicts.size()));
  }
  log::info("all {} numbers came back", verdicts.size());
}

}  // namespace lexome::cli
