// Named parameters and their first values.
#include "nn/parameters.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "base/random.h"

namespace lexome {
namespace {

constexpr int64_t kChunk = 16384;  // values a random stream: fixed, so threads change nothing

uint64_t hash_of(const std::string& name) {  // FNV-1a, 64 bits
  uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return hash;
}

void fill_normal(const Tensor& tensor, const std::string& name, uint64_t seed, double spread) {
  float* const data = tensor.data_ptr<float>();
  const int64_t count = tensor.numel(), chunks = (count + kChunk - 1) / kChunk;
  const uint64_t stream = hash_of(name);
  at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      Random random(seed, Purpose::kInit, stream, static_cast<uint64_t>(chunk));
      for (int64_t i = chunk * kChunk; i < std::min(count, (chunk + 1) * kChunk); ++i)
        data[i] = static_cast<float>(random.normal() * spread);
    }
  });
}

}  // namespace

Tensor add_parameter(torch::nn::Module& root, const std::string& name, torch::IntArrayRef shape,
                     Init init, uint64_t seed, double spread) {
  Tensor tensor = init == Init::kOnes ? torch::ones(shape) : torch::zeros(shape);
  if (init == Init::kNormal && spread > 0) fill_normal(tensor, name, seed, spread);
  torch::nn::Module* module = &root;
  size_t begin = 0;
  for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', begin)) {
    const std::string part = name.substr(begin, dot - begin);
    const auto children = module->named_children();
    if (const auto* child = children.find(part)) {
      module = child->get();
    } else {
      module = module->register_module(part, std::make_shared<torch::nn::Module>(part)).get();
    }
    begin = dot + 1;
  }
  return module->register_parameter(name.substr(begin), tensor);
}

}  // namespace lexome
