// safetensors headers: tensors that come out must lie inside the file.
#include "base/safetensors.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lexome;
  passes([&] {
    std::map<std::string, TensorView> tensors;
    std::map<std::string, std::string> metadata;
    const auto bytes = std::as_bytes(std::span<const uint8_t>(data, size));
    parse_safetensors(bytes, "fuzz.safetensors", &tensors, &metadata);
    for (const auto& [name, tensor] : tensors) {
      require(tensor.count() >= 0);
      require(static_cast<size_t>(tensor.count()) * dtype_size(tensor.dtype) ==
              tensor.bytes.size());
      require(tensor.bytes.empty() ||
              (tensor.bytes.data() >= bytes.data() &&
               tensor.bytes.data() + tensor.bytes.size() <= bytes.data() + bytes.size()));
    }
  });
  return 0;
}
