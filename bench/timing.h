// How a step that has a PyTorch peer is timed: once to warm up, then for each line on stdin, so
// that a driver can take programs in turns (seconds and CPU seconds of all threads), or repeatedly
// with one line that says what peers say.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace lexome::bench {

inline double cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// `step` gives its seconds and goes through `tokens` tokens.
inline void time_steps(const std::function<double()>& step, bool serve, int repeats,
                       const std::string& precision, int64_t tokens) {
  step();
  if (serve) {
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line) && line != "stop";) {
      const double before = cpu_seconds(), took = step();
      std::cout << fmt::format("{:.4f} {:.4f}", took, cpu_seconds() - before) << std::endl;
    }
    return;
  }
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) times.push_back(step());
  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted[sorted.size() / 2];
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("lexome\t{}\t{:.3f}\t{:.3f}\t{:.0f} tokens/s\t{} MiB\n", precision, median,
             fmt::join(times, " "), static_cast<double>(tokens) / median, usage.ru_maxrss / 1024);
}

}  // namespace lexome::bench
