// The mask as tensors: the plain loop, and the same integers from tensor operations for other
// devices.
#include "kernels/dropout.h"

#include <ATen/Parallel.h>

#include <vector>

namespace lexome {

DropoutRow dropout_row(const Dropout& dropout, uint64_t row) {
  return dropout_row_key(dropout.seed, dropout.step, dropout.site, row);
}

namespace {

// The same finaliser on int64 tensors that hold 32-bit values.
Tensor bits_on_device(const Tensor& lanes, const Tensor& add, const Tensor& mix) {
  constexpr int64_t kMask = 0xFFFFFFFF;
  Tensor h = (lanes * int64_t{0x9E3779B1} + add).bitwise_and(kMask);
  h = (h.bitwise_xor(h.bitwise_right_shift(16)) * int64_t{0x21F0AAAD} + mix).bitwise_and(kMask);
  h = (h.bitwise_xor(h.bitwise_right_shift(15)) * int64_t{0x735A2D97}).bitwise_and(kMask);
  return h.bitwise_xor(h.bitwise_right_shift(15));
}

Tensor multipliers_by_ops(const Dropout& dropout, int64_t rows, int64_t columns,
                          const torch::Device& device) {
  std::vector<int64_t> keys(static_cast<size_t>(2 * rows));
  for (int64_t r = 0; r < rows; ++r) {
    const DropoutRow key = dropout_row(dropout, static_cast<uint64_t>(r));
    keys[static_cast<size_t>(2 * r)] = key.add;
    keys[static_cast<size_t>(2 * r + 1)] = key.mix;
  }
  const Tensor keys_R2 =
      torch::from_blob(keys.data(), {rows, 2}, torch::kInt64).to(device, false, true);
  const Tensor column =
      torch::arange(columns, torch::TensorOptions().dtype(torch::kInt64).device(device));
  const Tensor lanes = column.bitwise_right_shift(5) * 16 + column.bitwise_and(15);
  const Tensor bits =
      bits_on_device(lanes.unsqueeze(0), keys_R2.slice(1, 0, 1), keys_R2.slice(1, 1, 2));
  const Tensor high = column.bitwise_and(16).ne(0).unsqueeze(0);
  const Tensor values = torch::where(high, bits.bitwise_right_shift(16), bits.bitwise_and(0xFFFF));
  return values.ge(static_cast<int64_t>(dropout.threshold())).to(torch::kFloat32) * dropout.scale();
}

}  // namespace

Tensor dropout_multipliers(const Dropout& dropout, int64_t rows, int64_t columns,
                           const torch::Device& device) {
  if (!device.is_cpu()) return multipliers_by_ops(dropout, rows, columns, device);
  Tensor out = torch::empty({rows, columns}, torch::kFloat32);
  float* const data = out.data_ptr<float>();
  const uint32_t threshold = dropout.threshold();
  const float scale = dropout.scale();
  at::parallel_for(0, rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const DropoutRow key = dropout_row(dropout, static_cast<uint64_t>(r));
      for (int64_t c = 0; c < columns; ++c)
        data[r * columns + c] =
            dropout_value(key, static_cast<uint32_t>(c)) >= threshold ? scale : 0.0F;
    }
  });
  return out;
}

Tensor apply_dropout(const Tensor& x, const Dropout& dropout) {
  if (!dropout.active()) return x;
  const int64_t columns = x.size(-1);
  const int64_t rows = columns == 0 ? 0 : x.numel() / columns;
  const Tensor factor = dropout_multipliers(dropout, rows, columns, x.device()).view(x.sizes());
  return x * factor.to(x.scalar_type());
}

}  // namespace lexome
