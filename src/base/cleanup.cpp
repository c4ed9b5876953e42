// Temporaries that vanish however a run ends, and signals. The handler may only call what POSIX
// lists as async-signal-safe, so paths wait in a fixed table and folders are emptied with bare
// system calls.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "base/file.h"
#include "lexome/error.h"

namespace lexome {
namespace {

enum SlotState { kFree, kFilling, kLive };

struct Slot {
  std::atomic<int> state{kFree};
  pid_t owner = 0;  // a forked child must not remove its parent's files
  char path[4096];
};

std::array<Slot, 64> g_slots;
static_assert(std::atomic<int>::is_always_lock_free, "the signal handler reads these");

std::atomic<int> g_flag_users{0};
std::atomic<int> g_raised{0};
std::atomic<int64_t> g_raised_at{0};

// One record of the getdents64 system call.
struct Entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[1];
};

void remove_tree(int folder, const char* name, int depth) {
  if (unlinkat(folder, name, 0) == 0 || depth == 0) return;
  const int inside = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (inside < 0) return;
  alignas(Entry) char buffer[2048];
  for (;;) {
    const long got = syscall(SYS_getdents64, inside, buffer, sizeof buffer);
    if (got <= 0) break;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      const char* inner = buffer + at + offsetof(Entry, name);
      if (std::strcmp(inner, ".") != 0 && std::strcmp(inner, "..") != 0) {
        remove_tree(inside, inner, depth - 1);
      }
      at += entry->length;
    }
  }
  close(inside);
  unlinkat(folder, name, AT_REMOVEDIR);
}

void end_with(int signal_number) {
  for (Slot& slot : g_slots) {
    if (slot.state.load(std::memory_order_acquire) == kLive && slot.owner == getpid()) {
      remove_tree(AT_FDCWD, slot.path, 8);
    }
  }
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

// The first signal under a SignalFlag only sets it; a later one ends the program. Within a second
// it is taken for the same request: terminals and `timeout` often deliver twice.
void handle(int signal_number) {
  const int saved_errno = errno;
  if (g_flag_users > 0 && signal_number != SIGHUP) {
    int expected = 0;
    if (g_raised.compare_exchange_strong(expected, signal_number)) {
      g_raised_at = now_ms();
    } else if (now_ms() - g_raised_at > 1000) {
      end_with(signal_number);
    }
  } else {
    end_with(signal_number);
  }
  errno = saved_errno;
}

void install(int signal_number) {
  struct sigaction action {};
  if (sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
    return;  // started under nohup or in a background list: stays ignored
  }
  action = {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

void install_signal_cleanup() {
  install(SIGINT);
  install(SIGTERM);
  install(SIGHUP);
  // Closed pipes and file size limits come back as errors of write() instead.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

SignalFlag::SignalFlag() {
  if (g_flag_users++ == 0) g_raised = 0;
  install(SIGINT);
  install(SIGTERM);
}

SignalFlag::~SignalFlag() { --g_flag_users; }

int SignalFlag::raised() const { return g_raised; }

TemporaryPath::TemporaryPath(std::string path) : path_(std::move(path)) {
  if (path_.size() >= sizeof Slot::path) throw IoError("path too long: " + path_);
  for (size_t i = 0; i < g_slots.size(); ++i) {
    int expected = kFree;
    if (!g_slots[i].state.compare_exchange_strong(expected, kFilling)) continue;
    std::memcpy(g_slots[i].path, path_.c_str(), path_.size() + 1);
    g_slots[i].owner = getpid();
    g_slots[i].state.store(kLive, std::memory_order_release);
    slot_ = static_cast<int>(i);
    break;
  }
}

TemporaryPath::~TemporaryPath() {
  if (path_.empty()) return;
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
  release();
}

void TemporaryPath::release() {
  path_.clear();
  if (slot_ >= 0) g_slots[static_cast<size_t>(slot_)].state.store(kFree, std::memory_order_release);
  slot_ = -1;
}

}  // namespace lexome
