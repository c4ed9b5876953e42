#include "nn/conv_experts.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/silu.h>
#include <fmt/format.h>

#include <cstdlib>

#include "kernels/gates.h"
#include "nn/parameters.h"

namespace lexome {

int64_t expert_groups(int64_t width, int64_t length) {
  int64_t best = 1;
  for (int64_t divisor = 1; divisor <= width; ++divisor)
    if (width % divisor == 0 && std::abs(divisor - length) < std::abs(best - length))
      best = divisor;
  return best;
}

ConvExperts::ConvExperts(torch::nn::Module& root, const ConvExpertNames& names,
                         const std::vector<int64_t>& lengths, int64_t width, double layer_norm_eps,
                         double init, uint64_t seed)
    : width_(width) {
  for (size_t e = 0; e < lengths.size(); ++e) {
    const std::string at = fmt::format("{}.{}.", names.prefix, e);
    const auto weight = [&](const std::string& name, torch::IntArrayRef shape) {
      return add_parameter(root, at + name + ".weight", shape, Init::kNormal, seed, init);
    };
    Expert expert;
    expert.length = lengths[e];
    expert.groups = expert_groups(width, lengths[e]);
    expert.pre = Projection({weight("pointwise_conv_pre", {2 * width, width})}, {});
    expert.filters_DIk = weight(names.convolution, {width, width / expert.groups, lengths[e]});
    expert.norm = add_norm(root, at + names.norm, width, layer_norm_eps);
    expert.post = Projection({weight("pointwise_conv_post", {width, width})}, {});
    experts_.push_back(std::move(expert));
  }
}

// One product a group: [G, U, k D / G] times [G, k D / G, D / G]. In bfloat16 units are filled up
// to whole tiles: for some sizes (63 rows, 80 inputs, 8 outputs) oneDNN of torch 1.13 leaves its
// tile registers set up for another product, and the CPU ends the program.
Tensor ConvExperts::convolved(const Expert& expert, const Tensor& g_ND) const {
  const int64_t k = expert.length, groups = expert.groups, part = width_ / groups;
  const int64_t units = g_ND.size(0) / k;
  Tensor gathered =
      g_ND.view({units, k, groups, part}).permute({2, 0, 1, 3}).reshape({groups, units, k * part});
  const Tensor filters = expert.filters_DIk.view({groups, part, part, k})
                             .permute({0, 3, 2, 1})
                             .reshape({groups, k * part, part});
  if (g_ND.scalar_type() == torch::kBFloat16)
    gathered = at::constant_pad_nd(gathered, {0, 0, 0, (32 - units % 32) % 32});
  return at::bmm(gathered, filters.to(g_ND.scalar_type()))
      .narrow(1, 0, units)
      .permute({1, 0, 2})
      .reshape({units, width_});
}

Tensor ConvExperts::operator()(const Tensor& x_ND, const std::vector<int64_t>& units) const {
  std::vector<Tensor> out;
  int64_t row = 0;
  for (size_t e = 0; e < experts_.size(); ++e) {
    if (units[e] == 0) continue;
    const Expert& expert = experts_[e];
    const int64_t rows = units[e] * expert.length;
    const Tensor g_ND = gated(Gate::kGlu, expert.pre.product(x_ND.narrow(0, row, rows)));
    out.push_back(expert.post.product(at::silu(expert.norm(convolved(expert, g_ND)))));
    row += rows;
  }
  return out.empty() ? x_ND.slice(0, 0, 0) : at::cat(out);
}

double ConvExperts::flops_a_unit(size_t expert) const {
  const auto d = static_cast<double>(width_), k = static_cast<double>(experts_[expert].length);
  return 2 * (k * d * 2 * d + k * d * d / static_cast<double>(experts_[expert].groups) + d * d);
}

}  // namespace lexome
