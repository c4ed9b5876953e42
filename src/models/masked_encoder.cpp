#include "models/masked_encoder.h"

#include <fmt/format.h>

#include "lexome/error.h"

namespace lexome {

void MaskedEncoder::check_length(const TensorBatch& batch) const {
  const int64_t tokens = batch.ids_BT.size(1);
  if (tokens > shape_.max_tokens)
    throw InputError(
        fmt::format("a row of {} tokens is longer than this model's {}; use shorter windows",
                    tokens, shape_.max_tokens));
}

Tensor MaskedEncoder::embed_and_encode(const TensorBatch& batch, const Pass& pass,
                                       std::vector<Tensor>* kept) const {
  check_length(batch);
  return encode(embed(batch, dropout_of(pass)), batch, pass, kept);
}

Tensor MaskedEncoder::encode(Tensor x_RD, const TensorBatch& batch, const Pass& pass,
                             std::vector<Tensor>* kept) const {
  if (pass.bf16) x_RD = x_RD.to(torch::kBFloat16);
  if (kept != nullptr) kept->push_back(x_RD);
  if (shape_.rotary) return encode_packed(x_RD, batch, dropout_of(pass), kept);
  // A row without any token (an empty sequence, no special tokens) sees its first, padded place.
  return encoder_(x_RD, batch.lengths_B.clamp_min(1), dropout_of(pass), kept);
}

// Padding comes back as zeros.
Tensor MaskedEncoder::encode_packed(const Tensor& x_RD, const TensorBatch& batch,
                                    const Dropout& dropout, std::vector<Tensor>* kept) const {
  const int64_t tokens = batch.ids_BT.size(1);
  const Tensor lengths = batch.lengths_B.clamp_min(1).to(torch::kCPU).contiguous();
  std::vector<int64_t> lengths_B, padded_K, packed_R(static_cast<size_t>(x_RD.size(0)), -1),
      positions_K;
  for (int64_t b = 0; b < lengths.size(0); ++b) {
    lengths_B.push_back(lengths.data_ptr<int64_t>()[b]);
    for (int64_t t = 0; t < lengths_B.back(); ++t) {
      packed_R[static_cast<size_t>(b * tokens + t)] = static_cast<int64_t>(padded_K.size());
      padded_K.push_back(b * tokens + t);
      positions_K.push_back(t);
    }
  }
  const auto index = [&](const std::vector<int64_t>& values) {
    return torch::tensor(values, torch::kInt64).to(x_RD.device());
  };
  const Tensor take_K = index(padded_K), back_R = index(packed_R);
  const size_t first = kept == nullptr ? 0 : kept->size();
  const Tensor out_KD = encoder_(take_rows(x_RD, take_K, back_R), packed(lengths_B),
                                 index(positions_K), dropout, kept);
  for (size_t i = first; kept != nullptr && i < kept->size(); ++i)
    (*kept)[i] = take_rows((*kept)[i], back_R, take_K);
  return take_rows(out_KD, back_R, take_K);
}

Hidden MaskedEncoder::hidden(const TensorBatch& batch, const Pass& pass, bool all_layers) {
  const std::vector<int64_t> shape = {batch.ids_BT.size(0), batch.ids_BT.size(1), width()};
  Hidden out;
  std::vector<Tensor>* const kept = all_layers ? &out.layers_BTD : nullptr;
  out.states_BTD = embed_and_encode(batch, pass, kept).to(torch::kFloat32).view(shape);
  for (Tensor& each : out.layers_BTD) each = each.to(torch::kFloat32).view(shape);
  return out;
}

Loss MaskedEncoder::loss(const TensorBatch& batch, const Pass& pass) {
  Loss out;
  out.total = head_.loss(embed_and_encode(batch, pass, nullptr), batch.labels_BT, &out.labels);
  out.parts = {{"mlm", out.total.detach()}};
  return out;
}

Tensor MaskedEncoder::token_logits(const Tensor& states_BTD, const Tensor& positions_n) {
  return head_.logits(states_BTD.reshape({-1, width()}).index_select(0, positions_n));
}

ParameterCounts MaskedEncoder::parameter_counts() const {
  ParameterCounts counts;
  for (const auto& item : named_parameters()) {
    counts.total += item.value().numel();
    if (item.key().find("word_embeddings") != std::string::npos)
      counts.embedding += item.value().numel();
    if (item.key().rfind(shape_.trunk, 0) == 0) counts.trunk += item.value().numel();
  }
  return counts;
}

double MaskedEncoder::forward_flops(int64_t rows, int64_t tokens, double guessed) const {
  const auto t = static_cast<double>(tokens);
  return static_cast<double>(rows) * t *
         (embedding_flops() + encoder_.flops_a_token(t) + guessed * head_.flops_a_token());
}

}  // namespace lexome
