// Dropout without a generator: what is dropped is a pure function of (seed, step, site, row,
// column), so a backward pass works the mask out again instead of storing it, and results do not
// depend on threads. Each row has a Philox key; pairs of columns share one 32-bit hash, 16 bits a
// column. Shape letters: R rows, C columns.
#pragma once

#include <cstdint>

#include "kernels/dropout_key.h"
#include "kernels/rows.h"
#include "tensor/torch.h"

namespace lexome {

// One place in a model where dropout acts, in one step. Inactive when the rate is 0.
struct Dropout {
  double rate = 0;  // in [0, 1)
  uint64_t seed = 0;
  uint64_t step = 0;
  uint32_t site = 0;

  bool active() const { return threshold() > 0; }
  // An element is dropped when its 16 bits are below this: the rate rounded to 1/65536.
  uint32_t threshold() const { return static_cast<uint32_t>(rate * 65536.0 + 0.5); }
  // What kept elements are multiplied by; exact for the rounded rate.
  RowDropout for_rows() const { return {seed, step, site, threshold(), scale()}; }
  float scale() const { return static_cast<float>(65536.0 / (65536.0 - threshold())); }
};

DropoutRow dropout_row(const Dropout& dropout, uint64_t row);

// The 32 bits of a lane: a finaliser with two multiplications (after C. Wellons' hash-prospector
// search). Columns come in blocks of 32: lane l of a block serves column l with its low and column
// l + 16 with its high half, which is what vector units like.
inline uint32_t dropout_bits(DropoutRow key, uint32_t lane) {
  uint32_t h = lane * 0x9E3779B1u + key.add;
  h = (h ^ (h >> 16)) * 0x21F0AAADu + key.mix;
  h = (h ^ (h >> 15)) * 0x735A2D97u;
  return h ^ (h >> 15);
}
inline uint32_t dropout_value(DropoutRow key, uint32_t column) {
  const uint32_t bits = dropout_bits(key, (column / 32) * 16 + column % 16);
  return (column & 16) != 0 ? bits >> 16 : bits & 0xFFFFu;
}

// Multipliers [R, C] in fp32: 0 or scale(). The CPU runs the loop above; other devices compute the
// same numbers with tensor operations.
Tensor dropout_multipliers(const Dropout& dropout, int64_t rows, int64_t columns,
                           const torch::Device& device);

// x times its multipliers; the last dimension are the columns.
Tensor apply_dropout(const Tensor& x, const Dropout& dropout);

}  // namespace lexome
