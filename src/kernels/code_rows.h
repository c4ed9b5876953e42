// The searches behind kernels/nearest_code.h on raw memory, for ranges of rows. Features come in
// contiguous rows whose length is a multiple of 16. No torch types. Shape letters as there.
#pragma once

#include <cstdint>

namespace lexome {

struct CodeSearch {
  const float* z = nullptr;      // [R, D]
  const float* codes = nullptr;  // [K, D]
  const float* half = nullptr;   // [K] |e|^2 / 2, padded to a multiple of 32 with infinities
  int64_t num_codes = 0, width = 0;
  int64_t* found = nullptr;  // [R]
  // What tile registers need: the codes as the right operand of amx_multiply_floats, and the
  // largest finite `half`.
  const uint16_t* parts = nullptr;
  float largest_half = 0;
};

struct CodeKernels {
  void (*plain)(const CodeSearch& search, int64_t begin, int64_t end);
  void (*blocked)(const CodeSearch& search, int64_t begin, int64_t end);
  // |e|^2 / 2 in the order of sums that all searches use.
  void (*half_norms)(const float* codes, int64_t num_codes, int64_t width, float* half);
};
const CodeKernels& code_kernels();  // for this CPU

// On tile registers, with the same answers: in fp32, or screened with 16 bits of every number,
// which is faster. Only where amx_floats_ready().
void amx_search_codes(const CodeSearch& search, int64_t begin, int64_t end);
void amx_screen_codes(const CodeSearch& search, int64_t begin, int64_t end);

}  // namespace lexome
