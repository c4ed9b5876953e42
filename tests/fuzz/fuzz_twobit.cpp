// .2bit stores: whatever opens must be usable in full.
#include <algorithm>

#include "fuzz_input.h"
#include "genome/twobit.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lexome;
  const InputFile input(data, size);
  passes([&] {
    const TwoBitFile file(input.path());
    for (size_t i = 0; i < file.records().size(); ++i) {
      const int64_t length = file.records()[i].length;
      Bases bases(static_cast<size_t>(length));
      file.fetch(i, 0, length, bases.data());
      require(file.count_n(i, 0, length) == std::count(bases.begin(), bases.end(), kN));
      const int64_t start = length / 3, end = length - length / 5;
      Bases part(static_cast<size_t>(end - start));
      file.fetch(i, start, end, part.data());
      require(std::equal(part.begin(), part.end(), bases.begin() + start));
      file.n_blocks(i);
      file.mask_blocks(i);
    }
  });
  return 0;
}
