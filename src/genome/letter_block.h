// Blocks of sequence letters by vector arithmetic: which letters need care, and two-bit packing.
// The compiler's own vector types (GCC and clang) make it portable; the letters' meaning must agree
// with kBaseOfChar, which the tests check for every byte.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lexome {

inline constexpr size_t kBlockLetters = 64;
inline constexpr size_t kBlockBytes = kBlockLetters / 4;

// Letters of one block that need care, one bit a letter, the first in bit 0.
struct BlockBits {
  uint64_t lower = 0;  // bit 5 set, which in letters means lower case
  uint64_t other = 0;  // not ACGTU in either case
  bool uracil = false;
};
BlockBits classify_block(const char* letters);

// True when all letters are ACGTUN in either case.
bool all_plain_letters(const char* letters, size_t count);

// Packs a block of ACGTU into kBlockBytes as .2bit wants it; other letters give some code or other.
void pack_block(const char* letters, uint8_t* out);

}  // namespace lexome
