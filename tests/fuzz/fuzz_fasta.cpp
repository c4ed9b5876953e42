// FASTA, plain and compressed: both ways of reading must agree, and only nucleotides come out.
#include "fuzz_input.h"
#include "genome/fasta.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lexome;
  const InputFile input(data, size);
  std::string streamed, whole;
  const bool first = passes([&] {
    FastaReader reader(input.path());
    reader.read(
        [&](std::string_view name, std::string_view description) {
          require(!name.empty());
          streamed.append(">").append(name).append(" ").append(description).append("\n");
        },
        [&](std::string_view letters) {
          for (const char letter : letters) {
            require(kBaseOfChar[static_cast<uint8_t>(letter)] <= kN);
          }
          streamed += letters;
        });
  });
  const bool second = passes([&] {
    FastaReader reader(input.path());
    for (std::string name, description, letters; reader.next(&name, &description, &letters);) {
      whole.append(">").append(name).append(" ").append(description).append("\n").append(letters);
    }
  });
  require(first == second);
  require(!first || streamed == whole);
  return 0;
}
