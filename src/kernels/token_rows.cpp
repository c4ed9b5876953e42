// The token row kernels for each instruction set and the choice between them.
#include "kernels/token_rows.h"

#include "kernels/dropout_key.h"
#include "kernels/rows.h"

namespace lexome {

#define LEXOME_KERNELS "kernels/token_rows.inl"
#include "kernels/instruction_sets.inl"

const TokenRowKernels& token_row_kernels() { return chosen_table(); }

}  // namespace lexome
