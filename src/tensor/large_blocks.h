// Memory of large tensors on the CPU. Steps of training take and free the same large blocks over
// and over; the system's allocator gives blocks above 32 MiB back each time, and every page of
// theirs is then cleared anew. Blocks of kLargeBlock bytes and more are kept here when freed and
// lie in huge pages; smaller ones are left to the system's allocator.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <unordered_map>

namespace lexome {

inline constexpr size_t kLargeBlock = size_t{2} << 20;  // a huge page on x86-64 and most of ARM

// The blocks themselves, without torch. Safe to use from several threads.
//
// What is mapped stays below 5/4 of the most that was in use at a time: where keeping all would go
// beyond, a block that is too large serves, and kept ones are given back, the smallest first.
class LargeBlocks {
 public:
  ~LargeBlocks();

  // A block of at least `bytes`, at a multiple of kLargeBlock, its contents undefined; null when
  // the system has no more memory.
  void* take(size_t bytes);
  // False if `data` is none of the blocks taken.
  bool give_back(void* data);

  size_t in_use() const;
  size_t kept() const;

 private:
  struct Block {
    void* data = nullptr;
    size_t size = 0;
  };
  bool reuse(size_t bytes, size_t most, Block* block);
  void drop_until(size_t allowed);

  mutable std::mutex mutex_;
  std::multimap<size_t, void*> free_;
  std::unordered_map<void*, size_t> taken_;
  size_t in_use_ = 0, kept_ = 0, peak_ = 0;
};

// Makes the process's CPU tensors use such blocks from now on. Calling it again does nothing.
void use_large_blocks();

}  // namespace lexome
