#include "models/frozen_vocabulary.h"

#include <ATen/ops/isfinite.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lexome/error.h"
#include "nn/sequence.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

// Rows of bases as a batch without tokens. `plain` must outlive what is returned.
TensorBatch batch_of(std::span<const Bases> rows, int64_t length, const torch::Device& device,
                     Batch* plain) {
  for (const Bases& row : rows) length = std::max(length, static_cast<int64_t>(row.size()));
  plain->rows = static_cast<int64_t>(rows.size());
  plain->bases = length;
  for (const Bases& row : rows) {
    plain->lengths.push_back(0);
    plain->base_lengths.push_back(static_cast<int32_t>(row.size()));
    plain->base_ids.insert(plain->base_ids.end(), row.begin(), row.end());
    plain->base_ids.insert(plain->base_ids.end(), static_cast<size_t>(length) - row.size(), kN);
  }
  return to_tensor(*plain, device);
}

Pass precisely(bool bf16) {
  Pass pass;
  pass.bf16 = bf16;
  return pass;
}

}  // namespace

FrozenVocabulary::FrozenVocabulary(const VqdnaOptions& options, const TensorMap& tensors,
                                   const std::string& origin, const torch::Device& device)
    : options_(options), network_(std::make_shared<Vqdna>(options, 0)) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, own] : named_tensors(*network_)) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
      throw FormatError(fmt::format("{}: tensor '{}' of the vocabulary is missing", origin, name));
    if (found->second.sizes() != own.sizes()) {
      throw FormatError(fmt::format(
          "{}: tensor '{}' has shape [{}] where the vocabulary's recipe means [{}]", origin, name,
          fmt::join(found->second.sizes(), ", "), fmt::join(own.sizes(), ", ")));
    }
    if (found->second.is_floating_point() && !at::isfinite(found->second).all().item<bool>())
      throw FormatError(fmt::format("{}: tensor '{}' holds NaN or infinity", origin, name));
    if (name.ends_with(".ready") && found->second.ne(1).any().item<bool>())
      throw FormatError(fmt::format("{}: its codebooks were never filled ('{}')", origin, name));
    Tensor(own).copy_(found->second);
  }
  freeze(device);
}

FrozenVocabulary::FrozenVocabulary(const VqdnaOptions& options)
    : options_(options), network_(std::make_shared<Vqdna>(options, 0)) {
  freeze(torch::kCPU);
}

FrozenVocabulary::FrozenVocabulary(const VqdnaOptions& options, uint64_t seed,
                                   std::span<const Bases> rows, const torch::Device& device)
    : options_(options), network_(std::make_shared<Vqdna>(options, seed)) {
  network_->to(device);
  const torch::NoGradGuard no_grad;
  Batch plain;
  Pass first;
  first.training = true;  // lets the codebooks take their first codes
  const TensorBatch batch = batch_of(rows, 0, device, &plain);
  network_->quantize(one_hot_bases(batch, torch::kFloat32), base_lengths(batch), first);
  freeze(device);
}

void FrozenVocabulary::freeze(const torch::Device& device) {
  for (Tensor& parameter : network_->parameters()) parameter.set_requires_grad(false);
  network_->to(device);
}

// Wherever the model that carries it is moved to.
torch::Device FrozenVocabulary::device() const { return network_->parameters()[0].device(); }

int FrozenVocabulary::levels() const { return network_->quantizer().num_levels(); }
int64_t FrozenVocabulary::codes_per_level(int level) const {
  return network_->quantizer().num_codes(level);
}
Sees FrozenVocabulary::sees(int level) const { return network_->sees(level); }
Sees FrozenVocabulary::sees() const { return network_->sees(levels() - 1); }
double FrozenVocabulary::flops_per_base() const { return network_->encoding_flops(1); }

int64_t FrozenVocabulary::num_parameters() const {
  int64_t count = 0;
  for (const Tensor& parameter : network_->parameters()) count += parameter.numel();
  return count;
}

std::string FrozenVocabulary::describe() const { return network_->describe(); }

Codes FrozenVocabulary::encode(const TensorBatch& batch, bool bf16) const {
  return encode(one_hot_bases(batch, torch::kFloat32), base_lengths(batch), bf16);
}

Codes FrozenVocabulary::encode(const Tensor& bases_BL4, const Tensor& lengths_B, bool bf16) const {
  Codes codes = network_->codes(bases_BL4, lengths_B, bf16);
  for (Tensor& level : codes) level = level.view({bases_BL4.size(0), -1});
  return codes;
}

Codes FrozenVocabulary::encode(std::span<const Bases> rows, bool bf16, int64_t length) const {
  Batch plain;
  return encode(batch_of(rows, length, device(), &plain), bf16);
}

Tensor FrozenVocabulary::features(const Codes& codes) const {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> flat;
  for (const Tensor& codes_BL : codes) flat.push_back(codes_BL.reshape({-1}));
  return network_->quantizer().features(flat).view(
      {codes.at(0).size(0), codes.at(0).size(1), width()});
}

Tensor FrozenVocabulary::vectors(int level, const Tensor& codes_BL) const {
  const torch::NoGradGuard no_grad;
  return network_->quantizer()
      .vectors(level, codes_BL.reshape({-1}))
      .view({codes_BL.size(0), codes_BL.size(1), width()});
}

Tensor FrozenVocabulary::decode(const Codes& codes, const std::vector<int64_t>& lengths,
                                bool bf16) const {
  const torch::NoGradGuard no_grad;
  const Tensor lengths_B = torch::tensor(lengths, torch::kInt64).to(device());
  return network_->decode(features(codes), lengths_B, precisely(bf16)).argmax(2);
}

}  // namespace lexome
