// MxDNA's learnt tokenization layer (Qiao et al. 2024, arXiv 2412.13716, section 3): a router
// scores intervals around every base, the best become units, an expert makes one vector of each,
// and a deformable convolution assembles neighbouring units. Shape letters as in mxdna_units.h; D
// width, S rows the convolution reads, F its taps.
#pragma once

#include <torch/nn/module.h>

#include "models/mxdna.h"
#include "models/mxdna_strands.h"
#include "nn/conv_experts.h"

namespace lexome {

struct LearntTokens {
  Units units;
  Tensor scores_RE;  // fp32
  Tensor tokens_KD;  // in the input's type
  Tensor units_KD;   // the same before neighbours are assembled
  // What the convolution's taps read at each token, fp32: how far from their places, in rows of its
  // grid, and times what; undefined without one.
  Tensor offsets_KF, modulation_KF;
  Tensor balance, z;  // losses of the router
};

// A batch of packed rows as this layer sees it.
struct TokenInput {
  Tensor states_RD;  // fp32 or bf16
  Packed rows;
  int64_t padded_length = 0;   // of every row, before packing
  std::vector<uint8_t> parts;  // of choose_units
  // For units alike on both strands: these, and their states.
  const BothStrands* strands = nullptr;
  Tensor states_SD;
};

// Bases as the tokens of a model without this layer.
LearntTokens every_base(const Tensor& states_RD, const Packed& rows);

class LearntTokenization {
 public:
  LearntTokenization() = default;
  LearntTokenization(torch::nn::Module& root, const MxdnaOptions& options, uint64_t seed);
  // The router, its softmax, unit selection and offsets are computed in fp32 whatever the states.
  LearntTokens operator()(const TokenInput& input, const Pass& pass) const;
  // Multiplications and additions for `rows` bases cut into `units` units of evenly used experts.
  double flops(double rows, double units) const;

 private:
  Tensor scores(const Tensor& z_RD, const Packed& rows, const Pass& pass) const;
  void assemble(const Tensor& states_RD, const TokenInput& input, LearntTokens* out) const;
  Tensor offset_features(const Tensor& y_SD, const Packed& rows, const Tensor& at_K,
                         const Packed& outputs, int64_t padded_length) const;

  MxdnaOptions options_;
  Tensor gate_ED_;
  Norm input_norm_, assembly_norm_;
  ConvExperts experts_;
  Tensor offset_filters_, offset_bias_F_, modulator_filters_, modulator_bias_F_;  // [F, D, F]
  Tensor filters_;                                                                // [D, D, F, 1]
};

}  // namespace lexome
