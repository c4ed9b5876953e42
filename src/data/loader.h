// Batches in order, made ahead by worker threads. Batch b is a pure function of (plan, seed, b):
// the same for any thread count, and resuming at step s means asking for batch s.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "lexome/batch.h"

namespace lexome {

class Loader {
 public:
  // `make(b)` builds batch b; called from worker threads. `first` is the batch to start at.
  Loader(std::function<Batch(uint64_t b)> make, uint64_t first, uint64_t end, int threads,
         int ahead = 4);
  ~Loader();
  bool next(Batch* batch);  // false after the last; rethrows a worker's exception

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lexome
