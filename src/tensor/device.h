// Where a run computes and how precisely: the device, the compute threads and whether matrix
// products run in bfloat16. Settled once per run, before the first tensor.
#pragma once

#include <string>

#include "tensor/torch.h"

namespace lexome {

// "auto" (CUDA when there is one), "cpu", "cuda" or "cuda:N". Throws ConfigError.
torch::Device choose_device(const std::string& name);
// Intra-op threads (0: all cores this process may use); inter-op stays at 1.
void settle_threads(int threads);
// "auto" (bf16 where the machine multiplies it fast), "fp32" or "bf16". Throws ConfigError.
bool choose_bf16(const std::string& precision, const torch::Device& device);

// What the CPU can do: bf16 dot products, bf16 matrix tiles (and the system lets us use them).
bool cpu_has_bf16();
bool cpu_has_amx();

}  // namespace lexome
