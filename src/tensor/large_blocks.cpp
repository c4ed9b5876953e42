#include "tensor/large_blocks.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "tensor/compat.h"

namespace lexome {
namespace {

size_t rounded(size_t bytes) { return (bytes + kLargeBlock - 1) / kLargeBlock * kLargeBlock; }

void* map_block(size_t size) {
  // Room to begin at a multiple of kLargeBlock; what lies before and behind goes back at once.
  const size_t room = size + kLargeBlock;
  void* const whole =
      mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) return nullptr;
  char* const start = static_cast<char*>(whole);
  const size_t before =
      rounded(reinterpret_cast<uintptr_t>(start)) - reinterpret_cast<uintptr_t>(start);
  if (before > 0) munmap(start, before);
  if (before < kLargeBlock) munmap(start + before + size, kLargeBlock - before);
#if defined(MADV_HUGEPAGE)
  madvise(start + before, size, MADV_HUGEPAGE);  // a wish: small pages do as well, slower
#endif
  return start + before;
}

LargeBlocks& process_blocks() {
  // Never destroyed: tensors of static life may outlast any order of destruction.
  static LargeBlocks* const all = new LargeBlocks;
  return *all;
}

// Torch's view of the blocks; small requests go to the allocator that was there before. Some
// callers in torch free by address alone, so one deleter must tell the two apart.
class LargeBlockAllocator final : public c10::Allocator {
 public:
#if LEXOME_TORCH >= 203
  c10::DataPtr allocate(size_t bytes) override { return data(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
#else
  c10::DataPtr allocate(size_t bytes) const override { return data(bytes); }
#endif
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

 private:
  static void release(void* address) {
    const bool aligned = reinterpret_cast<uintptr_t>(address) % kLargeBlock == 0;
    if (aligned && process_blocks().give_back(address)) return;
    c10::GetDefaultCPUAllocator()->raw_deallocate(address);
  }

  static c10::DataPtr data(size_t bytes) {
    void* address = bytes < kLargeBlock ? nullptr : process_blocks().take(bytes);
    // Where there is no memory, the other allocator's error says so.
    if (address == nullptr) address = c10::GetDefaultCPUAllocator()->raw_allocate(bytes);
    return {address, address, &release, c10::Device(c10::DeviceType::CPU)};
  }
};

}  // namespace

LargeBlocks::~LargeBlocks() { drop_until(0); }

bool LargeBlocks::reuse(size_t bytes, size_t most, Block* block) {
  const auto found = free_.lower_bound(bytes);
  if (found == free_.end() || found->first > most) return false;
  *block = {found->second, found->first};
  kept_ -= found->first;
  free_.erase(found);
  return true;
}

void LargeBlocks::drop_until(size_t allowed) {
  while (kept_ > allowed) {
    const auto smallest = free_.begin();
    munmap(smallest->second, smallest->first);
    kept_ -= smallest->first;
    free_.erase(smallest);
  }
}

void* LargeBlocks::take(size_t bytes) {
  if (bytes > SIZE_MAX / 8) return nullptr;
  const std::lock_guard lock(mutex_);
  const size_t size = rounded(bytes);
  Block block{nullptr, size};
  // Up to a quarter more than asked: batches differ a little in length.
  if (!reuse(size, size + size / 4, &block)) {
    const size_t most = std::max(peak_, in_use_ + size) / 4 * 5;
    const bool crowded = in_use_ + kept_ + size > most;
    if (!crowded || !reuse(size, SIZE_MAX, &block)) {
      if (crowded) drop_until(most - in_use_ - size);
      block.data = map_block(size);
      if (block.data == nullptr) {
        drop_until(0);
        block.data = map_block(size);
      }
      if (block.data == nullptr) return nullptr;
    }
  }
  taken_[block.data] = block.size;
  in_use_ += block.size;
  peak_ = std::max(peak_, in_use_);
  return block.data;
}

bool LargeBlocks::give_back(void* data) {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(data);
  if (found == taken_.end()) return false;
  in_use_ -= found->second;
  kept_ += found->second;
  free_.emplace(found->second, data);
  taken_.erase(found);
  return true;
}

size_t LargeBlocks::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

size_t LargeBlocks::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

void use_large_blocks() {
  static LargeBlockAllocator allocator;
  c10::SetCPUAllocator(&allocator);
}

}  // namespace lexome
