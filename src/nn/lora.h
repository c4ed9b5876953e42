// Low-rank adaptation (Hu et al. 2022, ICLR): a frozen weight W [O, I] becomes W + alpha / rank * B
// A, of which A [rank, I] and B [O, rank] alone are trained. The sum is written into the model's
// own weight, and its gradient is taken apart where it arrives: no layer knows of adapters, and
// whatever reads the model afterwards (a checkpoint, prediction, embedding) finds merged weights.
// Shape letters: R rank, I inputs, O outputs.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "tensor/torch.h"

namespace lexome {

struct LoraOptions {
  int64_t rank = 8;
  double alpha = 16, dropout = 0.05;
  std::string targets = "query,value";
  Fields fields();  // section "finetune.lora"
};

// The adapters of one model. Parameters are called "lora.", the name of the weight, ".a" or ".b".
class Lora : public torch::nn::Module {
 public:
  // Freezes all of `model` and adapts the targets. A is normal with variance 1 / (3 I), B zero.
  // ConfigError: a target of unknown name, or no such weight in this model.
  Lora(torch::nn::Module& model, const LoraOptions& options, uint64_t seed);

  // Before a training pass: sums with dropout, which leaves out whole inputs of an adapter, the
  // same for every token of the pass, and scales the others up.
  void begin(uint64_t seed, uint64_t step);
  // The sums as they are meant, after an update.
  void merge();
  int64_t num_weights() const { return static_cast<int64_t>(adapters_.size()); }

 private:
  struct Adapter {
    Tensor weight_OI, base_OI, a_RI, b_OR;
    Tensor kept_I;  // multipliers of the present pass; undefined: all 1
    double scale = 1;
    Tensor masked_a() const { return kept_I.defined() ? a_RI * kept_I : a_RI; }
    void write_sum();
    void take_apart(const Tensor& grad_OI);
  };
  double dropout_;
  std::vector<std::shared_ptr<Adapter>> adapters_;
};

}  // namespace lexome
