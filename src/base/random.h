// Counter-based random numbers (Philox 4x32-10, Salmon et al. 2011, SC'11). A stream is named by a
// key and up to three counters, so any value is a pure function of (seed, purpose, indices):
// results never depend on threads, order or what was drawn before.
#pragma once

#include <array>
#include <cstdint>

namespace lexome {

// Ten rounds of Philox 4x32.
inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                                      std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// What a stream is for: keeps draws of different parts of a run apart.
enum class Purpose : uint32_t {
  kWindow = 1,
  kMask,
  kMaskReplace,
  kDropout,
  kInit,
  kSplit,
  kShuffle,
  kSample,
  kSimulate,
  kEvaluate,
  kBootstrap,
  kTest
};

// A stream of numbers. (seed, purpose, a, b) name it; 2^32 blocks of four follow.
class Random {
 public:
  Random(uint64_t seed, Purpose purpose, uint64_t a = 0, uint64_t b = 0);
  uint32_t next() {
    if (used_ == 4) refill();
    return block_[used_++];
  }
  uint64_t next64() { return (uint64_t{next()} << 32) | next(); }
  double uniform() { return static_cast<double>(next64() >> 11) * 0x1.0p-53; }  // [0, 1)
  uint64_t below(uint64_t n);  // unbiased, [0, n), n > 0
  bool chance(double p) { return uniform() < p; }
  double normal();

 private:
  void refill();
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace lexome
