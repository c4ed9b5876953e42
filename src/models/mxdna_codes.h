// Codebooks over MxDNA's units: what stands for a unit is replaced by its nearest codes, on one
// level before neighbouring units are assembled and on one after (VQDNA's hierarchy: Li et al.
// 2024, arXiv 2405.10812), so that units of any length have names. Shape letters as in
// mxdna_units.h; D width.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/mxdna.h"
#include "models/mxdna_tokens.h"
#include "nn/quantizer.h"

namespace lexome {

struct CodedTokens {
  Tensor tokens_KD;   // in the input's type; special tokens as they were
  Tensor commitment;  // with its graph
  // How much of each level a batch uses: perplexity_1, perplexity_2.
  std::vector<std::pair<std::string, Tensor>> parts;
};

class UnitCodes {
 public:
  UnitCodes() = default;
  // One level a size in options.codes: one or two.
  UnitCodes(torch::nn::Module& root, const MxdnaOptions& options, uint64_t seed);
  // In training the codebooks follow the batch at once, so that a checkpoint holds all there is.
  // Units of a network that was never trained have no codes and stay as they are.
  CodedTokens operator()(const LearntTokens& tokens, const Pass& pass) const;

 private:
  std::shared_ptr<Quantizer> quantizer_;
};

}  // namespace lexome
