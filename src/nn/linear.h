// Weights as matrix products want them: one parameter or several stacked ones (queries, keys,
// values in one product), with their copy for this machine made again only when a parameter has
// changed. Shape letters: R rows, I inputs, O outputs.
#pragma once

#include <string>
#include <vector>

#include "kernels/linear.h"
#include "nn/parameters.h"
#include "tensor/torch.h"

namespace lexome {

class Projection {
 public:
  Projection() = default;
  // Weights [O_k, I] and biases [O_k]; biases may be empty.
  Projection(std::vector<Tensor> weights, std::vector<Tensor> biases);
  // x W' without the bias, which the next kernel adds.
  Tensor product(const Tensor& x_RI) const;
  // The stacked bias, differentiable.
  Tensor bias() const;
  // The weights as products of this type want them.
  const WeightCopy& copy(torch::ScalarType dtype) const;
  // x W' + b in x's type.
  Tensor operator()(const Tensor& x_RI) const;

 private:
  std::vector<Tensor> weights_, biases_;
  mutable WeightCopy copy_;
  mutable std::vector<int64_t> made_of_;  // type, change counts and addresses the copy was made of
};

// A projection whose parameters are made as NAME.weight [out, in], normal with `spread`, and
// NAME.bias, zero, for each of `names`; several names are stacked.
Projection add_projection(torch::nn::Module& root, const std::vector<std::string>& names,
                          int64_t out, int64_t in, uint64_t seed, double spread);

}  // namespace lexome
