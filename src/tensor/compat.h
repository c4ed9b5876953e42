// All that differs between libtorch 1.13 (Debian 12) and 2.x, and the per-op headers everything
// below the torch line needs. Other files name no torch version; they include this one.
#pragma once

#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <string>

#include "tensor/torch.h"

// major * 100 + minor: 113 is 1.13, 211 is 2.11.
#define LEXOME_TORCH (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

namespace lexome {

std::string torch_version_text();
bool cuda_available();

// Tells autograd and the weight caches that `tensor` was changed through its raw memory.
void mark_changed(const Tensor& tensor);
// The counter that every in-place change of a tensor moves on.
int64_t change_count(const Tensor& tensor);

// Deterministic kernels or an error, on CUDA; the CPU is deterministic anyway.
void set_deterministic(bool on);
// Lets the allocator reuse the memory of a step's tensors in the next one instead of giving it back
// to the system, which costs a page fault for every 4 KiB taken again.
void keep_freed_memory();
// Inter-op threads can be set once in a process; later calls are ignored.
void set_compute_threads(int threads);
int compute_threads();

// A c10::Error's message without its backtrace, first line only.
std::string short_message(const c10::Error& error);

}  // namespace lexome
