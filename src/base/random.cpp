// Streams of counter-based random numbers. The 128 bits of (a, b) pass through one Philox call,
// which is a bijection, and come back as key and counter: streams of one seed and purpose never
// overlap.
#include "base/random.h"

#include <cmath>

#include "lexome/error.h"

namespace lexome {
namespace {

uint32_t low(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t high(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

}  // namespace

Random::Random(uint64_t seed, Purpose purpose, uint64_t a, uint64_t b) {
  const uint32_t salt = static_cast<uint32_t>(purpose) * 0x9E3779B9u;
  const std::array<uint32_t, 2> key = {low(seed), high(seed) ^ salt};
  const auto mixed = philox({low(a), high(a), low(b), high(b)}, key);
  key_ = {key[0] ^ mixed[3], key[1]};
  counter_ = {0, mixed[0], mixed[1], mixed[2]};
}

void Random::refill() {
  block_ = philox(counter_, key_);
  ++counter_[0];
  used_ = 0;
}

// Lemire 2019, "Fast random integer generation in an interval": a product instead of a division;
// the few values that would bias the result are drawn again.
uint64_t Random::below(uint64_t n) {
  if (n == 0) throw InternalError("Random::below(0)");
  if (n <= UINT32_MAX) {
    const uint32_t n32 = static_cast<uint32_t>(n);
    const uint32_t threshold = (0u - n32) % n32;
    for (;;) {
      const uint64_t product = uint64_t{next()} * n32;
      if (low(product) >= threshold) return product >> 32;
    }
  }
  const uint64_t threshold = (uint64_t{0} - n) % n;
  for (;;) {
    const unsigned __int128 product = static_cast<unsigned __int128>(next64()) * n;
    if (static_cast<uint64_t>(product) >= threshold) return static_cast<uint64_t>(product >> 64);
  }
}

// Box and Muller 1958; the second value is not kept, so that the stream's state is its counter
// alone.
double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(6.283185307179586476925 * uniform());
}

}  // namespace lexome
