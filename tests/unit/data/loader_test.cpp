// Batches arrive in order whatever the workers do, errors surface at their own batch, and a loader
// may be dropped at any time.
#include "data/loader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "lexome/error.h"

namespace lexome {
namespace {

Batch numbered(uint64_t b) {
  Batch batch;
  batch.rows = static_cast<int64_t>(b);
  return batch;
}

TEST(Loader, DeliversInOrderForAnyNumberOfThreads) {
  for (const int threads : {0, 1, 2, 5}) {
    Loader loader(
        [](uint64_t b) {
          // Even batches are slow, so that workers finish out of order.
          if (b % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          return numbered(b);
        },
        7, 40, threads);
    Batch batch;
    for (int64_t expected = 7; expected < 40; ++expected) {
      ASSERT_TRUE(loader.next(&batch));
      EXPECT_EQ(batch.rows, expected) << threads;
    }
    EXPECT_FALSE(loader.next(&batch));
    EXPECT_FALSE(loader.next(&batch));
  }
}

TEST(Loader, NeverRunsFartherAheadThanAsked) {
  std::atomic<int64_t> asked{0}, farthest{0};
  Loader loader(
      [&](uint64_t b) {
        farthest = std::max<int64_t>(farthest, static_cast<int64_t>(b) - asked);
        return numbered(b);
      },
      0, 200, 3, 4);
  Batch batch;
  while (loader.next(&batch)) asked = batch.rows + 1;
  EXPECT_LE(farthest, 4);
}

TEST(Loader, AnErrorSurfacesAtItsOwnBatch) {
  for (const int threads : {0, 1, 3}) {
    Loader loader(
        [](uint64_t b) {
          if (b == 5) throw InputError("batch five is broken");
          return numbered(b);
        },
        0, 10, threads);
    Batch batch;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(loader.next(&batch));
    EXPECT_THROW(loader.next(&batch), InputError) << threads;
  }
}

TEST(Loader, MayBeDroppedHalfway) {
  std::atomic<int> made{0};
  {
    Loader loader(
        [&](uint64_t b) {
          ++made;
          return numbered(b);
        },
        0, 1000000, 2);
    Batch batch;
    ASSERT_TRUE(loader.next(&batch));
  }
  EXPECT_LT(made, 20);
}

}  // namespace
}  // namespace lexome
