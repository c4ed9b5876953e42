// The version differences themselves; small enough to be read whole when a new libtorch appears.
#include "tensor/compat.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <mutex>

#include "tensor/large_blocks.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace lexome {

std::string torch_version_text() { return TORCH_VERSION; }

bool cuda_available() { return at::globalContext().hasCUDA(); }

void mark_changed(const Tensor& tensor) { tensor.unsafeGetTensorImpl()->bump_version(); }

int64_t change_count(const Tensor& tensor) { return static_cast<int64_t>(tensor._version()); }

void set_deterministic(bool on) { at::globalContext().setDeterministicAlgorithms(on, false); }

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest value glibc takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
  use_large_blocks();
}

void set_compute_threads(int threads) {
  static std::once_flag once;
  std::call_once(once, [] { at::set_num_interop_threads(1); });
  at::set_num_threads(threads);
}

int compute_threads() { return at::get_num_threads(); }

std::string short_message(const c10::Error& error) {
  std::string text = error.what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

}  // namespace lexome
