// How a step that has a PyTorch peer is timed: once to warm up, then for each line on stdin, so
// that a driver can take programs in turns, or repeatedly with one line that says what peers say.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace lexome::bench {

// `step` gives its seconds and goes through `tokens` tokens.
inline void time_steps(const std::function<double()>& step, bool serve, int repeats,
                       const std::string& precision, int64_t tokens) {
  step();
  if (serve) {
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line) && line != "stop";)
      std::cout << fmt::format("{:.4f}", step()) << std::endl;
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
