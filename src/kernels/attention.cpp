// Attention: dispatch, autograd and the reference.
#include "kernels/attention.h"

#include <cmath>

namespace lexome {

Tensor attention_reference(const Tensor& qkv, const Tensor& bias_3D, const Tensor& lengths_B,
                           int64_t heads, const Dropout& dropout, float padding_score) {
  const int64_t rows = lengths_B.size(0), tokens = qkv.size(0) / rows, width = qkv.size(1) / 3;
  const int64_t head = width / heads;
  const Tensor all = qkv.to(torch::kFloat32) + bias_3D;
  // [B, T, 3, N, H] -> [3, B, N, T, H]
  const Tensor parts = all.view({rows, tokens, 3, heads, head}).permute({2, 0, 3, 1, 4});
  const Tensor key_T =
      torch::arange(tokens, torch::TensorOptions().dtype(torch::kInt64).device(qkv.device()));
  const Tensor off = key_T.unsqueeze(0).ge(lengths_B.to(qkv.device()).unsqueeze(1));  // [B, T]
  Tensor scores =
      torch::matmul(parts[0], parts[1].transpose(-1, -2)) / std::sqrt(static_cast<double>(head));
  scores = scores + off.view({rows, 1, 1, tokens})
                        .to(torch::kFloat32)
                        .masked_fill(off.view({rows, 1, 1, tokens}), padding_score);
  const Tensor probabilities = apply_dropout(torch::softmax(scores, -1), dropout);
  const Tensor context = torch::matmul(probabilities, parts[2]);  // [B, N, T, H]
  return context.permute({0, 2, 1, 3}).reshape({rows * tokens, width}).to(qkv.scalar_type());
}

Tensor attention(const Tensor& qkv, const Tensor& bias_3D, const Tensor& lengths_B, int64_t heads,
                 const Dropout& dropout, float padding_score) {
  return attention_reference(qkv, bias_3D, lengths_B, heads, dropout, padding_score);
}

}  // namespace lexome
