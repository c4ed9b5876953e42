// The fp32 searches for each instruction set and the choice between them.
#include "kernels/code_rows.h"

#include <algorithm>
#include <cstddef>

#include "kernels/dropout_key.h"
#include "kernels/rows.h"

namespace lexome {

#define LEXOME_KERNELS "kernels/code_table.inl"
#include "kernels/instruction_sets.inl"

const CodeKernels& code_kernels() { return chosen_table(); }

}  // namespace lexome
