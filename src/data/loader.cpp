// Ordered prefetch: workers take batch numbers in turn and each result waits for its turn. At most
// `ahead` batches beyond the one asked for are made, so memory is bounded whatever the workers do.
#include "data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lexome {

struct Loader::Impl {
  std::function<Batch(uint64_t)> make;
  uint64_t first = 0;    // number of the batch at the front of `ready`
  uint64_t claimed = 0;  // next batch a worker takes
  uint64_t end = 0;
  uint64_t ahead = 0;
  std::mutex mutex;
  std::condition_variable room;
  std::deque<std::future<Batch>> ready;  // batches first, first + 1, ..., claimed - 1
  bool stop = false;
  std::vector<std::thread> workers;

  void work() {
    for (;;) {
      std::packaged_task<Batch()> task;
      {
        std::unique_lock lock(mutex);
        room.wait(lock, [this] { return stop || claimed >= end || claimed < first + ahead; });
        if (stop || claimed >= end) return;
        task = std::packaged_task<Batch()>([this, b = claimed] { return make(b); });
        ready.push_back(task.get_future());
        ++claimed;
      }
      // `next` may be waiting for the very batch just taken, which stands in the queue only now.
      room.notify_all();
      task();  // an exception travels in the future and surfaces at its own batch
    }
  }

  void finish() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    room.notify_all();
    for (std::thread& worker : workers) worker.join();
    workers.clear();
  }
};

Loader::Loader(std::function<Batch(uint64_t b)> make, uint64_t first, uint64_t end, int threads,
               int ahead)
    : impl_(std::make_unique<Impl>()) {
  impl_->make = std::move(make);
  impl_->first = impl_->claimed = first;
  impl_->end = end;
  impl_->ahead = static_cast<uint64_t>(std::max(1, ahead));
  // Zero threads: batches are made when asked for, in the caller's thread.
  for (int t = 0; t < threads; ++t) impl_->workers.emplace_back([this] { impl_->work(); });
}

Loader::~Loader() { impl_->finish(); }

bool Loader::next(Batch* batch) {
  Impl& impl = *impl_;
  if (impl.workers.empty()) {
    if (impl.stop || impl.first >= impl.end) return false;
    *batch = impl.make(impl.first++);
    return true;
  }
  std::future<Batch> front;
  {
    std::unique_lock lock(impl.mutex);
    if (impl.first >= impl.end) return false;
    impl.room.wait(lock, [&impl] { return !impl.ready.empty(); });
    front = std::move(impl.ready.front());
    impl.ready.pop_front();
    ++impl.first;
  }
  impl.room.notify_all();
  *batch = front.get();
  return true;
}

}  // namespace lexome
