// BERT's encoder (Devlin et al. 2019): post-norm transformer layers with exact GELU, under Hugging
// Face's parameter names, so that checkpoints of its family go in and out as they are. What stands
// before and behind the layers is the models' business. Shape letters: B rows, T tokens, R = B * T,
// D width, F ffn.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "kernels/attention.h"
#include "kernels/rotary_attention.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace lexome {

struct EncoderOptions {
  int64_t layers = 2, width = 256, heads = 4, ffn = 1024;
  double layer_norm_eps = 1e-12;
  double init = 0.02;             // standard deviation of first weights
  float padding_score = kHidden;  // see kernels/attention.h
  // Rotary positions up to here instead of ones that the embedding adds; 0: none. Attention then
  // has no dropout on its probabilities.
  int64_t rotary_tokens = 0;
  double rotary_base = 1e4;
};

class Encoder {
 public:
  Encoder() = default;
  // Parameters PREFIX.layer.I.attention.self.query.weight and so on. ConfigError when heads do not
  // divide the width.
  Encoder(torch::nn::Module& root, const std::string& prefix, const EncoderOptions& options,
          uint64_t seed);

  // x_RD fp32 or bf16 in, the last layer's output in the same type out. `dropout` acts at sites
  // 4 * (layer + 1) + 0..2. `kept`, if given, gets every layer's output.
  Tensor operator()(Tensor x_RD, const Tensor& lengths_B, Dropout dropout,
                    std::vector<Tensor>* kept) const;
  // With rotary positions rows are packed: no padding between sequences.
  Tensor operator()(Tensor x_RD, const Packed& rows, const Tensor& positions_R, Dropout dropout,
                    std::vector<Tensor>* kept) const;
  // Multiplications and additions of the matrix products for one token among `tokens`.
  double flops_a_token(double tokens) const;

 private:
  struct Layer {
    Projection qkv, attention_out, ffn_in, ffn_out;
    Norm attention_norm, ffn_norm;
  };
  template <class Attend>
  Tensor run(Tensor x_RD, const Dropout& dropout, std::vector<Tensor>* kept,
             const Attend& attend) const;
  EncoderOptions options_;
  RotaryTable table_;
  std::vector<Layer> layers_;
};

}  // namespace lexome
