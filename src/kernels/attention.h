// Multi-head self-attention over padded rows: softmax(q k' / sqrt(H)) with dropout on the
// probabilities, keys beyond a row's length always masked. Takes the fused projection as it leaves
// the matrix product and adds its bias on the way. Shape letters: B rows, T tokens, N heads, H head
// width, D = N * H.
#pragma once

#include <limits>

#include "kernels/dropout.h"
#include "tensor/torch.h"

namespace lexome {

// What is added to the scores of keys beyond a row's length. Anything but minus infinity lets
// padding be seen; it exists to compute as released programs do that never hide it, and runs by the
// reference path.
inline constexpr float kHidden = -std::numeric_limits<float>::infinity();

// qkv is [B * T, 3D]: queries, keys, values side by side, each N heads of H; bias_3D fp32 is added
// first. lengths_B is i64, every length in [1, T]. Returns [B * T, D] in qkv's type. The dropout's
// row is (b * N + n) * T + query, its column the key. Differentiable in qkv and bias.
Tensor attention(const Tensor& qkv, const Tensor& bias_3D, const Tensor& lengths_B, int64_t heads,
                 const Dropout& dropout, float padding_score = kHidden);
Tensor attention_reference(const Tensor& qkv, const Tensor& bias_3D, const Tensor& lengths_B,
                           int64_t heads, const Dropout& dropout, float padding_score = kHidden);

}  // namespace lexome
