// The branch loops for each instruction set and the choice between them.
#include "kernels/branch_rows.h"

#include "kernels/dropout_key.h"
#include "kernels/rows.h"

namespace lexome {

#define LEXOME_KERNELS "kernels/branch_rows.inl"
#include "kernels/instruction_sets.inl"

const BranchKernels& branch_kernels() { return chosen_table(); }

}  // namespace lexome
