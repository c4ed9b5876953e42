// A vocabulary that a network learned (models/vqdna.h), frozen: bases in, codes and their vectors
// out. Whoever builds on codes (models over codes, tokenize, analyses) goes through this class.
// Shape letters: B rows, L bases, D width.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "models/vqdna.h"
#include "tensor/tensor_io.h"

namespace lexome {

// Codes i64 [B, L] of each level; -1 where no base stands: N and padding.
using Codes = std::vector<Tensor>;

class FrozenVocabulary {
 public:
  // Tensors as checkpoints name them (network.*, quantizer.*); others are left alone. FormatError,
  // with `origin`: a tensor that is missing, has another shape, or holds NaN or infinity, and
  // codebooks that never got their codes.
  FrozenVocabulary(const VqdnaOptions& options, const TensorMap& tensors, const std::string& origin,
                   const torch::Device& device);
  // One whose tensors a model's checkpoint brings (`module`).
  explicit FrozenVocabulary(const VqdnaOptions& options);
  // The control: a network of the same shape as it stands before training, whose codebooks are
  // made of the features of `rows` (more than one base). Computed in fp32.
  FrozenVocabulary(const VqdnaOptions& options, uint64_t seed, std::span<const Bases> rows,
                   const torch::Device& device);

  const std::string& kind() const { return options_.kind; }  // vq | hrq | rvq | fsq
  int levels() const;
  int64_t codes_per_level(int level) const;
  // How far a base reaches codes of a level; of all levels.
  Sees sees(int level) const;
  Sees sees() const;
  int64_t width() const { return options_.width; }  // D
  torch::Device device() const;
  double flops_per_base() const;   // of encoding
  int64_t num_parameters() const;  // codebooks are none
  // "1024 + 2048 codes a base by hrq, each sees 11 / 20 bases left and right"
  std::string describe() const;

  // A row's codes depend on its own bases alone, whatever its batch mates and its padding. Several
  // threads may call at once after a first call of the same precision, which lays out the weights.
  Codes encode(const TensorBatch& batch, bool bf16) const;
  // The same for bases as one-hot vectors fp32 [B, L, 4], zeros for N and padding; lengths i64 [B].
  Codes encode(const Tensor& bases_BL4, const Tensor& lengths_B, bool bf16) const;
  // The same for rows of bases, padded to `length` or to the longest.
  Codes encode(std::span<const Bases> rows, bool bf16, int64_t length = 0) const;
  // [B, L, D], fp32: what the decoder reads (Z_hat); zeros where there is no code. A function of
  // the codes alone.
  Tensor features(const Codes& codes) const;
  // [B, L, D], fp32: the vectors of one level's codes; of fsq, which has no codebook, the features.
  Tensor vectors(int level, const Tensor& codes_BL) const;
  // The most probable base i64 [B, L] under the decoder; padding and N have one, too. `lengths`:
  // bases a row.
  Tensor decode(const Codes& codes, const std::vector<int64_t>& lengths, bool bf16) const;

  // For models and checkpoints that carry their vocabulary: the network, and its parameters and
  // buffers by name.
  std::shared_ptr<torch::nn::Module> module() const { return network_; }
  TensorMap tensors() const { return named_tensors(*network_); }

 private:
  void freeze(const torch::Device& device);
  VqdnaOptions options_;
  std::shared_ptr<Vqdna> network_;
};

// A vocabulary as its folder holds it; train/load_vocabulary.h reads it.
struct LoadedVocabulary {
  std::shared_ptr<const FrozenVocabulary> vocabulary;
  VqdnaOptions options;
  Recipe recipe;  // as resolved when it was learned
  std::string recipe_text;
  std::string tokenizer;  // its tokenizer.json
  nlohmann::json state;
  std::string sha256;  // of the checkpoint's MANIFEST
  std::string folder;  // the checkpoint itself
};

}  // namespace lexome
