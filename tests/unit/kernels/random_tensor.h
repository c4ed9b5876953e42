// Tensors of normal numbers from a named stream, for the kernel tests.
#pragma once

#include "base/random.h"
#include "tensor/torch.h"

namespace lexome_test {

inline lexome::Tensor random_doubles(torch::IntArrayRef shape, uint64_t stream,
                                     double spread = 1.0) {
  lexome::Random random(7, lexome::Purpose::kTest, stream);
  const lexome::Tensor out = torch::empty(shape, torch::kFloat64);
  double* const data = out.data_ptr<double>();
  for (int64_t i = 0; i < out.numel(); ++i) data[i] = random.normal() * spread;
  return out;
}

inline lexome::Tensor random_tensor(torch::IntArrayRef shape, uint64_t stream,
                                    double spread = 1.0) {
  return random_doubles(shape, stream, spread).to(torch::kFloat32);
}

// |got - want| / |want|.
inline double distance(const lexome::Tensor& got, const lexome::Tensor& want) {
  const lexome::Tensor a = got.to(torch::kFloat64), b = want.to(torch::kFloat64);
  return ((a - b).norm() / b.norm().clamp_min(1e-12)).item<double>();
}

}  // namespace lexome_test
