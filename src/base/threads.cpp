// Worker threads for index ranges, and how many of them make sense here. Threads live for one call:
// starting one costs some 20 microseconds, so callers choose a grain that is worth it.
#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "lexome/error.h"

namespace lexome {
namespace {

// CPUs a control group grants: "quota period" of version 2, or infinity.
double quota_v2(const std::string& folder) {
  std::ifstream in(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return INFINITY;
  return std::strtod(quota.c_str(), nullptr) / period;
}

double quota_v1(const std::string& folder) {
  std::ifstream quota_in(folder + "/cpu.cfs_quota_us"), period_in(folder + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_in >> quota) || !(period_in >> period) || quota <= 0 || period <= 0) return INFINITY;
  return quota / period;
}

// The tightest limit on the way from this process's group up to the root.
double cgroup_limit() {
  double limit = INFINITY;
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool is_v2 = controllers == ",,";
    if (!is_v2 && controllers.find(",cpu,") == std::string::npos) continue;
    const std::string root = is_v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
      limit = std::min(limit, is_v2 ? quota_v2(root + path) : quota_v1(root + path));
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return limit;
}

}  // namespace

int available_cores() {
  int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  const double limit = cgroup_limit();
  if (std::isfinite(limit)) cores = std::min(cores, static_cast<int>(std::ceil(limit)));
  return std::max(1, cores);
}

void parallel_for(int64_t count, int64_t grain, int threads,
                  const std::function<void(int64_t begin, int64_t end)>& body) {
  if (grain < 1) throw InternalError("parallel_for needs a grain of at least 1");
  if (count <= 0) return;
  const int64_t chunks = (count + grain - 1) / grain;
  const int workers = static_cast<int>(std::min<int64_t>(std::max(threads, 1), chunks));
  std::atomic<int64_t> next{0};
  std::atomic<bool> stop{false};
  std::vector<int64_t> chunk_of(static_cast<size_t>(workers), 0);  // the chunk each is, or was, at

  // Stops the others when a body throws; the exception itself travels in the worker's future.
  struct StopOnThrow {
    std::atomic<bool>& stop;
    int before = std::uncaught_exceptions();
    explicit StopOnThrow(std::atomic<bool>& flag) : stop(flag) {}
    ~StopOnThrow() {
      if (std::uncaught_exceptions() > before) stop = true;
    }
  };
  const auto work = [&](int worker) {
    const StopOnThrow guard(stop);
    while (!stop) {
      const int64_t chunk = next++;
      if (chunk >= chunks) return;
      chunk_of[static_cast<size_t>(worker)] = chunk;
      body(chunk * grain, std::min(count, (chunk + 1) * grain));
    }
  };
  if (workers == 1) return work(0);

  std::vector<std::packaged_task<void()>> tasks;
  std::vector<std::future<void>> results;
  for (int w = 0; w < workers; ++w) {
    tasks.emplace_back([&work, w] { work(w); });
    results.push_back(tasks.back().get_future());
  }
  std::vector<std::thread> running;
  for (int w = 1; w < workers; ++w) {
    running.emplace_back([&tasks, w] { tasks[static_cast<size_t>(w)](); });
  }
  tasks[0]();
  for (std::thread& thread : running) thread.join();

  // Chunks start in order, so the lowest failing one always ran: the error does not depend on
  // threads.
  std::exception_ptr first;
  int64_t first_chunk = chunks;
  for (int w = 0; w < workers; ++w) {
    const int64_t chunk = chunk_of[static_cast<size_t>(w)];
    try {
      results[static_cast<size_t>(w)].get();
    } catch (const std::exception&) {
      if (chunk < first_chunk) first = std::current_exception();
      first_chunk = std::min(first_chunk, chunk);
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace lexome
