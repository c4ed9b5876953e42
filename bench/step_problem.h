// What bench/step_bench times: a model, a batch of random sequences and the loss of one on the
// other.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "tensor/tensor_io.h"

namespace lexome::bench {

struct Settings {
  std::string model = "dnabert", layout = "compact", precision = "fp32", save;
  std::vector<int64_t> codes = {1024, 2048};
  double dropout = 0.1;
  int threads = 2, repeats = 5;
  int64_t layers = 0, rows = 8, tokens = 512;
  bool serve = false, mixed = false;
};

class Problem {
 public:
  virtual ~Problem() = default;
  virtual torch::nn::Module& module() = 0;
  virtual int64_t tokens() const = 0;
  virtual bool has_optimizer() const { return true; }  // clipping and AdamW belong to the step
  virtual Tensor loss(const Pass& pass) = 0;
  // What follows the optimizer.
  virtual void updated(uint64_t /*step*/) {}

  // For --save: the batch, and a state in which no gradient is zero for reasons of symmetry.
  virtual TensorMap inputs() const = 0;
  virtual void leave_start() {}
};

// dnabert | mxdna | vqdna (stage 1, the HRQ vocabulary) | vqdna-bert (stage 2)
std::unique_ptr<Problem> make_problem(const Settings& settings);

}  // namespace lexome::bench
