// Saved tokenizers, ours and Hugging Face's: whatever loads must encode, and save to something that
// loads.
#include <string_view>

#include "fuzz_input.h"
#include "lexome/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lexome;
  const std::string text(reinterpret_cast<const char*>(data), size);
  passes([&] {
    const auto tokenizer = tokenizer_from_json(text, "fuzz.json");
    const Bases bases = bases_from("ACGTNNACGTTTTGACCCAGATTACAGGGCACTGNACG");
    const Tokens tokens = tokenizer->encode_one(bases);
    tokenizer->decode(tokens);
    for (int32_t id = 0; id < std::min(tokenizer->vocab_size(), 64); ++id) {
      tokenizer->token_text(id);
      tokenizer->spelling(id);
    }
    require(passes([&] { tokenizer_from_json(tokenizer->to_json(), "again.json"); }));
  });
  return 0;
}
