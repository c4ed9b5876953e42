// The one place that writes to stderr. Each message leaves in one write, so lines of several
// threads never mix; a status line (progress bar) is wiped before a message and drawn again after
// it.
#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>

namespace lexome::log {
namespace {

struct State {
  std::mutex mutex;
  std::set<std::string, std::less<>> said;
  std::string status;
  bool terminal = isatty(STDERR_FILENO) == 1;
};

State& state() {
  static State instance;
  return instance;
}

std::atomic<int> g_verbosity{0};

// stderr may be closed or full; there is nobody left to tell, so failures end the loop quietly.
void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

constexpr std::string_view kWipe = "\r\033[K";

void say(std::string_view tag, std::string_view colour, std::string_view message) {
  State& s = state();
  std::string line;
  const std::lock_guard lock(s.mutex);
  if (!s.status.empty()) line += kWipe;
  line += "[lexome] ";
  if (!tag.empty()) {
    if (s.terminal) line += colour;
    line += tag;
    if (s.terminal) line += "\033[0m";
    line += ' ';
  }
  line += message;
  line += '\n';
  line += s.status;
  put(line);
}

}  // namespace

void set_verbosity(int level) { g_verbosity = level; }

void write_info(std::string_view message) {
  if (g_verbosity >= 0) say("", "", message);
}

void write_warning(std::string_view message) { say("warning:", "\033[33m", message); }

void write_error(std::string_view message) { say("error:", "\033[31m", message); }

void write_debug(std::string_view message) {
  if (g_verbosity >= 1) say("", "", message);
}

void write_warning_once(std::string_view message) {
  {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    if (!s.said.emplace(message).second) return;
  }
  write_warning(message);
}

void write_status(std::string_view line) {
  State& s = state();
  if (!s.terminal || g_verbosity < 0) return;
  const std::lock_guard lock(s.mutex);
  if (s.status.empty() && line.empty()) return;
  s.status = line;
  put(std::string(kWipe) + s.status);
}

bool terminal() { return state().terminal; }

}  // namespace lexome::log
