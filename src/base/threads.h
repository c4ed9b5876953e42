// Data parallelism without shared state. Work is cut by index, never by thread, so results are the
// same for any number of threads. The first exception of a worker is rethrown in the caller.
#pragma once

#include <cstdint>
#include <functional>

namespace lexome {

// Cores this process may use (cgroup limits and affinity respected), at least 1.
int available_cores();

// Calls body(begin, end) on disjoint chunks of [0, count) of at most `grain` items.
void parallel_for(int64_t count, int64_t grain, int threads,
                  const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace lexome
