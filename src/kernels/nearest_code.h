// The nearest entry of a codebook for every row of features, and what an exponential moving average
// needs of the rows an entry was chosen by. Neither stores a matrix of rows by codes. Shape
// letters: R rows, K codes, D features.
#pragma once

#include <memory>

#include "tensor/torch.h"

namespace lexome {

struct PreparedCodes;

// Codes with what a search works out of them once. Worth keeping while the codes stay the same;
// they must not change meanwhile.
class CodeTable {
 public:
  CodeTable() = default;
  explicit CodeTable(const Tensor& codes_KD);  // fp32
  Tensor nearest(const Tensor& z_RD) const;    // as nearest_code

 private:
  std::shared_ptr<const PreparedCodes> prepared_;
};

// Index (i64 [R]) of the code with the least |z - e|^2, the lowest index among equals. z_RD and
// codes_KD are fp32. The order is that of |e|^2 / 2 - z e in fp32, whose sums have one fixed order:
// every version gives the indices of the reference, bit for bit. Codes with NaN are never chosen.
Tensor nearest_code(const Tensor& z_RD, const Tensor& codes_KD);
// One pair after the other: what the others are held to.
Tensor nearest_code_reference(const Tensor& z_RD, const Tensor& codes_KD);
// All scores in fp32, none screened: what nearest_code is on CPUs without tile registers.
Tensor nearest_code_fp32(const Tensor& z_RD, const Tensor& codes_KD);
// Scores by the library of the device, of which those too close to each other are decided on the
// CPU: what nearest_code is on other devices.
Tensor nearest_code_by_library(const Tensor& z_RD, const Tensor& codes_KD);

struct CodeStatistics {
  Tensor counts_K;  // f64: rows that chose a code
  Tensor sums_KD;   // f64: the sum of their features
};
// Rows whose code is negative (padding) count nowhere. The same for any number of threads.
CodeStatistics code_statistics(const Tensor& z_RD, const Tensor& codes_R, int64_t num_codes);

}  // namespace lexome
