// Large blocks are kept and used again, within a bound on what is mapped.
#include "tensor/large_blocks.h"

#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "tensor/torch.h"

namespace lexome {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(LargeBlocks, AFreedBlockServesAgain) {
  LargeBlocks blocks;
  void* const first = blocks.take(10 * kMiB + 1);
  EXPECT_EQ(blocks.in_use(), 12 * kMiB);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % kLargeBlock, 0U);
  std::memset(first, 1, 12 * kMiB);
  EXPECT_TRUE(blocks.give_back(first));
  EXPECT_EQ(blocks.kept(), 12 * kMiB);
  void* const second = blocks.take(10 * kMiB);  // a fifth larger than needed: good enough
  EXPECT_EQ(second, first);
  EXPECT_EQ(blocks.kept(), 0U);
  EXPECT_EQ(blocks.in_use(), 12 * kMiB);
  EXPECT_TRUE(blocks.give_back(second));
  EXPECT_FALSE(blocks.give_back(second));
  EXPECT_EQ(blocks.kept(), 12 * kMiB);
}

TEST(LargeBlocks, WhatIsMappedStaysNearWhatWasUsed) {
  LargeBlocks blocks;
  for (size_t size = 4; size <= 200; size += 4)
    EXPECT_TRUE(blocks.give_back(blocks.take(size * kMiB)));
  EXPECT_LE(blocks.kept(), 250 * kMiB);  // 5/4 of the 200 MiB in use at a time
  EXPECT_GE(blocks.kept(), 200 * kMiB);
  EXPECT_EQ(blocks.in_use(), 0U);
}

TEST(LargeBlocks, ALargerBlockServesBeforeMoreIsMapped) {
  LargeBlocks blocks;
  EXPECT_TRUE(blocks.give_back(blocks.take(100 * kMiB)));
  void* const small = blocks.take(40 * kMiB);  // 140 MiB would be beyond 125
  EXPECT_EQ(blocks.in_use(), 100 * kMiB);
  EXPECT_TRUE(blocks.give_back(small));
}

TEST(LargeBlocks, WhatCannotBeMappedIsNull) {
  LargeBlocks blocks;
  EXPECT_EQ(blocks.take(size_t{1} << 60), nullptr);
  EXPECT_EQ(blocks.in_use(), 0U);
}

TEST(LargeBlocks, ThreadsDoNotShareABlock) {
  LargeBlocks blocks;
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&blocks, id] {
      for (int turn = 0; turn < 50; ++turn) {
        const size_t size = static_cast<size_t>(2 + turn % 5) * kMiB;
        char* const bytes = static_cast<char*>(blocks.take(size));
        bytes[0] = bytes[size - 1] = static_cast<char>(id);
        std::this_thread::yield();
        EXPECT_EQ(bytes[0], static_cast<char>(id));
        EXPECT_EQ(bytes[size - 1], static_cast<char>(id));
        EXPECT_TRUE(blocks.give_back(bytes));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(blocks.in_use(), 0U);
}

TEST(LargeBlocks, TensorsUseThem) {
  use_large_blocks();
  use_large_blocks();
  const void* before = nullptr;
  {
    const Tensor large = torch::ones({3, 1 << 20});
    before = large.data_ptr();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(before) % kLargeBlock, 0U);
    EXPECT_EQ(large.sum().item<double>(), 3 << 20);
  }
  EXPECT_EQ(torch::empty({3, 1 << 20}).data_ptr(), before);
  // Torch's matrix products ask for raw memory and free it by address.
  c10::Allocator* const all = c10::GetCPUAllocator();
  for (size_t bytes : {size_t{100}, 5 * kMiB}) all->raw_deallocate(all->raw_allocate(bytes));
  EXPECT_EQ(torch::ones({7}).sum().item<double>(), 7);
}

}  // namespace
}  // namespace lexome
