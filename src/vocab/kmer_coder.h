// Bases to k-mer codes at memory speed. Eight bases are packed by two multiplications and give
// eight codes by shifts; only blocks that hold an N, and the few bases after them, go base by base.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lexome/bases.h"

namespace lexome {

class KmerCoder {
 public:
  // Codes count from `first_id` on; a k-mer with an N gets `unknown`. `atcg`: digits 0-3 are A T C
  // G, otherwise A C G T. k in 1..12.
  KmerCoder(int k, bool atcg, int32_t first_id, int32_t unknown)
      : k_(static_cast<size_t>(k)),
        mask_((uint64_t{1} << (2 * k)) - 1),
        first_id_(first_id),
        unknown_(unknown),
        atcg_(atcg),
        digit_(atcg ? std::array<uint8_t, 4>{0, 2, 3, 1} : std::array<uint8_t, 4>{0, 1, 2, 3}) {}

  uint8_t digit(Base base) const { return digit_[base]; }

  // Writes the ids of the k-mers that start at 0, 1, ..., bases.size() - k (none when shorter).
  void encode(BasesView bases, int32_t* ids) const {
    static_assert(std::endian::native == std::endian::little, "eight bases are read as one word");
    const size_t n = bases.size();
    if (n < k_) return;
    uint64_t code = 0;
    size_t known = 0;  // bases other than N in a row, up to here
    const auto one_base = [&](size_t at) {
      const Base base = bases[at];
      known = base < 4 ? known + 1 : 0;
      code = code << 2 | (base < 4 ? digit_[base] : 0);
      if (at + 1 >= k_) ids[at + 1 - k_] = known >= k_ ? id_of(code) : unknown_;
    };
    size_t at = 0;
    for (; at + 1 < k_; ++at) one_base(at);
    for (; at + 8 <= n; at += 8) {
      uint64_t eight;
      std::memcpy(&eight, bases.data() + at, 8);
      if (known + 1 >= k_ && (eight & kUnknownBits) == 0) {
        code = code << 16 | packed(eight);
        known += 8;
        int32_t* out = ids + (at + 1 - k_);
        for (unsigned i = 0; i < 8; ++i) out[i] = id_of(code >> (14 - 2 * i));
      } else {
        for (size_t i = at; i < at + 8; ++i) one_base(i);
      }
    }
    for (; at < n; ++at) one_base(at);
  }

 private:
  static constexpr uint64_t kUnknownBits = 0x0404040404040404;
  static constexpr uint64_t kLowBits = 0x0101010101010101;

  int32_t id_of(uint64_t code) const { return first_id_ + static_cast<int32_t>(code & mask_); }

  // Eight bases, one a byte, first in the lowest, to sixteen bits, first base most significant. The
  // multiplication brings four digits side by side into bits 24-31; the other products stay below.
  uint64_t packed(uint64_t eight) const {
    if (atcg_) {  // A 00, C 01, G 10, T 11 to A 00, T 01, C 10, G 11
      const uint64_t high = (eight >> 1) & kLowBits;
      eight = ((eight ^ high) & kLowBits) << 1 | high;
    }
    constexpr uint32_t kGather = 1u << 30 | 1u << 20 | 1u << 10 | 1u;
    const uint32_t early = static_cast<uint32_t>(eight) * kGather >> 24;
    const uint32_t late = static_cast<uint32_t>(eight >> 32) * kGather >> 24;
    return early << 8 | late;
  }

  size_t k_;
  uint64_t mask_;
  int32_t first_id_, unknown_;
  bool atcg_;
  std::array<uint8_t, 4> digit_;
};

}  // namespace lexome
