// Labelled tables. The first byte chooses the options, the rest is the file.
#include "data/labelled.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lexome;
  if (size == 0) {
    return 0;
  }
  const InputFile input(data + 1, size - 1);
  LabelledOptions options;
  options.skip_bad = (data[0] & 1) != 0;
  options.regression = (data[0] & 2) != 0;
  options.need_labels = (data[0] & 4) == 0;
  passes([&] {
    const LabelledSet set = read_labelled(input.path(), options);
    for (const LabelledRow& row : set.rows) {
      for (const Base base : row.bases) {
        require(base <= kN);
      }
      require(row.label < static_cast<int32_t>(set.classes.size()));
    }
    stratified_split(set, 0.3, 1);
  });
  return 0;
}
