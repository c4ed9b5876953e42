// VQDNA's vocabulary network (arXiv 2405.10812, stage 1): a convolutional encoder whose features at
// one or several depths are quantised, and a mirrored decoder that gives the bases back. One code a
// level and base. Not a Model: it has no tokens, it makes them. What no public source settles is an
// option (section vocab), with the most probable reading as the default.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "lexome/tokenizer.h"
#include "models/model.h"
#include "nn/quantizer.h"

namespace lexome {

struct VqdnaOptions {
  // The kinds of vocabulary in vocab/registry.h; sizes and taps left empty are the kind's own.
  explicit VqdnaOptions(std::string kind = "vq");
  Fields fields(const std::string& section = "vocab");
  void check() const;                             // ConfigError for options that contradict
  std::vector<int64_t> sizes_or_default() const;  // vq 512; hrq, rvq 1024,2048; fsq 8,8,8
  std::vector<int64_t> taps_or_default() const;   // hrq: half the blocks, all of them; else all
  QuantizerOptions quantizer() const;

  std::string kind;
  std::vector<int64_t> sizes, taps;
  int64_t stem = 256, width = 384, blocks = 6, expansion = 4;
  int64_t transition = 1;  // taps of the convolutions between stem and blocks, both ways
  double layer_scale = 1e-6, norm_eps = 1e-6;
  bool tap_norm = false;
  std::string metric = "l2", gradient = "ste", init = "kmeans";
  std::string prev_code_grad = "ste", commit = "mean";
  double beta = 0.5, hide = 0;
  CodebookOptions codebook;
};

// What one batch became.
struct CodedBatch {
  Quantized quantized;
  Tensor logits_R4;       // of the bases
  Tensor reconstruction;  // mean cross-entropy (nats a base) over real bases, with its graph
  Tensor total;           // reconstruction + beta * commitment, with its graph
  double accuracy = 0;    // share of bases given back
  int64_t bases = 0;      // real ones: inside their row and not N
};

class Vqdna : public torch::nn::Module {
 public:
  // ConfigError as VqdnaOptions::check.
  Vqdna(const VqdnaOptions& options, uint64_t seed);

  // Reads the bases of a batch, whatever tokens it holds. Padding and N get the code -1 and count
  // in no loss. `pass.training` lets the codebooks see the batch and hides codes from the decoder
  // (vocab.hide).
  CodedBatch code(const TensorBatch& batch, const Pass& pass, Comm& comm = single_worker());
  // The first half of it: encoder and quantiser, of bases as one-hot vectors [B, L, 4], zeros for N
  // and padding, in rows of these lengths i64 [B]. Rows R = B * L.
  Quantized quantize(const Tensor& bases_BL4, const Tensor& lengths_B, const Pass& pass,
                     Comm& comm = single_worker());
  // The codes alone, i64 [R] a level; nothing is learned.
  std::vector<Tensor> codes(const Tensor& bases_BL4, const Tensor& lengths_B, bool bf16) const;
  // Logits [B, L, 4] from features [B, L, D] (Quantizer::features).
  Tensor decode(const Tensor& features_BLD, const Tensor& lengths_B, const Pass& pass) const;

  Quantizer& quantizer() { return *quantizer_; }
  // "1024 + 2048 codes a base by hrq, each sees 11 / 20 bases left and right"
  std::string describe() const;
  Sees sees(int level) const;  // how far a base reaches codes of a level
  // trunk: the network; embedding: codebooks (or the projections of fsq).
  ParameterCounts parameter_counts() const;
  double forward_flops(int64_t bases) const;
  double encoding_flops(int64_t bases) const;  // without the decoder

 private:
  struct Network;
  // The features that the decoder is shown: in training, every second row of B lacks vocab.hide of
  // its codes, zeros in their places. A base whose code is hidden has to come back from other
  // codes, so that a code answers for its neighbours too and has to choose what to keep of them.
  // Ours: as published, every code stands beside its own base, which is all it then needs to tell.
  Tensor shown(const Tensor& features_RD, int64_t rows, const Pass& pass) const;
  std::vector<Tensor> taps(const Tensor& bases_BL4, const Tensor& lengths_B, bool bf16) const;
  VqdnaOptions options_;
  std::shared_ptr<Network> network_;
  std::shared_ptr<Quantizer> quantizer_;
};

// "14,428,676 parameters, 196,608 in codebooks; the paper counts 16 M: 1.4 M are unexplained": how
// a full-size network compares; empty for other sizes and kinds.
std::string compare_with_paper(const VqdnaOptions& options, const ParameterCounts& counts);

}  // namespace lexome
