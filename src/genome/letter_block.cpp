// The vector arithmetic behind packing. Sixteen letters a vector suits every machine; compilers
// join or split them as the machine has it.
#include "genome/letter_block.h"

#include <cstring>

namespace lexome {
namespace {

typedef uint8_t Letters __attribute__((vector_size(16)));
constexpr size_t kLanes = 16;

Letters load(const char* letters) {
  Letters vector;
  std::memcpy(&vector, letters, kLanes);
  return vector;
}

Letters all(uint8_t letter) { return Letters{} + letter; }

// 0xFF where the letters are equal.
Letters equal(Letters a, uint8_t letter) { return reinterpret_cast<Letters>(a == all(letter)); }

// `upper` is folded to upper case.
Letters is_base(Letters upper) {
  return equal(upper, 'A') | equal(upper, 'C') | equal(upper, 'G') | equal(upper, 'T') |
         equal(upper, 'U');
}

bool any(Letters mask) {
  uint64_t halves[2];
  std::memcpy(halves, &mask, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// One bit of each byte of 0x00 or 0xFF: eight at a time by one product.
uint64_t bits_of(Letters mask) {
  uint64_t halves[2];
  std::memcpy(halves, &mask, sizeof halves);
  uint64_t bits = 0;
  for (int i = 0; i < 2; ++i) {
    bits |= (((halves[i] & 0x0101010101010101) * 0x0102040810204080) >> 56) << (8 * i);
  }
  return bits;
}

}  // namespace

BlockBits classify_block(const char* letters) {
  Letters other[kBlockLetters / kLanes], lower[kBlockLetters / kLanes];
  Letters any_other{}, any_lower{}, any_uracil{};
  Letters all_lower = all(0xFF);
  for (size_t i = 0; i < kBlockLetters / kLanes; ++i) {
    const Letters raw = load(letters + i * kLanes);
    const Letters upper = raw & all(0xDF);
    other[i] = ~is_base(upper);
    lower[i] = equal(raw & all(0x20), 0x20);
    any_other |= other[i];
    any_lower |= lower[i];
    all_lower &= lower[i];
    any_uracil |= equal(upper, 'U');
  }
  BlockBits bits;
  bits.uracil = any(any_uracil);
  if (any(any_other)) {
    for (size_t i = 0; i < kBlockLetters / kLanes; ++i) {
      bits.other |= bits_of(other[i]) << (i * kLanes);
    }
  }
  if (!any(~all_lower)) {
    bits.lower = ~uint64_t{0};
  } else if (any(any_lower)) {
    for (size_t i = 0; i < kBlockLetters / kLanes; ++i) {
      bits.lower |= bits_of(lower[i]) << (i * kLanes);
    }
  }
  return bits;
}

bool all_plain_letters(const char* letters, size_t count) {
  Letters strange{};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Letters upper = load(letters + i) & all(0xDF);
    strange |= ~(is_base(upper) | equal(upper, 'N'));
  }
  char rest[kLanes];
  std::memset(rest, 'A', kLanes);
  std::memcpy(rest, letters + i, count - i);
  const Letters upper = load(rest) & all(0xDF);
  strange |= ~(is_base(upper) | equal(upper, 'N'));
  return !any(strange);
}

// Bits 1 and 2 of the ASCII letters A C T G (U) count 0 1 2 3 (2); .2bit wants 2 1 0 3.
void pack_block(const char* letters, uint8_t* out) {
  for (size_t i = 0; i < kBlockLetters / 8; ++i) {
    uint64_t eight = 0;
    std::memcpy(&eight, letters + 8 * i, 8);
    uint64_t codes = (eight >> 1) & 0x0303030303030303;
    codes ^= (~codes & 0x0101010101010101) << 1;
    codes = ((codes << 2) | (codes >> 8)) & 0x000F000F000F000F;
    codes = ((codes << 4) | (codes >> 16)) & 0x000000FF000000FF;
    out[2 * i] = static_cast<uint8_t>(codes);
    out[2 * i + 1] = static_cast<uint8_t>(codes >> 32);
  }
}

}  // namespace lexome
