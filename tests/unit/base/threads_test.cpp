// parallel_for covers every index once and reports the same error for any number of threads.
#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

TEST(ParallelFor, EveryIndexOnce) {
  for (const int threads : {1, 2, 7}) {
    for (const int64_t count : {0, 1, 99, 100, 101}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      parallel_for(count, 10, threads, [&](int64_t begin, int64_t end) {
        EXPECT_LE(end - begin, 10);
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (const auto& times : seen) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ParallelFor, LowestErrorWins) {
  for (const int threads : {1, 2, 5}) {
    const std::string message = lexome_test::message_of<InputError>([&] {
      parallel_for(1000, 1, threads, [](int64_t begin, int64_t) {
        if (begin % 100 == 37) throw InputError("chunk " + std::to_string(begin));
      });
    });
    EXPECT_EQ(message, "chunk 37");
  }
}

TEST(ParallelFor, StopsAfterAnError) {
  std::atomic<int64_t> calls{0};
  EXPECT_THROW(parallel_for(1 << 20, 1, 2,
                            [&](int64_t, int64_t) {
                              ++calls;
                              throw InputError("at once");
                            }),
               InputError);
  EXPECT_LE(calls, 2);
}

TEST(ParallelFor, RefusesAnEmptyGrain) {
  EXPECT_THROW(parallel_for(1, 0, 1, [](int64_t, int64_t) {}), InternalError);
}

TEST(Cores, AtLeastOne) { EXPECT_GE(available_cores(), 1); }

}  // namespace
}  // namespace lexome
