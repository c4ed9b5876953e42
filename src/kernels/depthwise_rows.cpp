// The depth-wise loops for each instruction set and the choice between them.
#include "kernels/depthwise_rows.h"

#include <algorithm>

#include "kernels/dropout_key.h"
#include "kernels/rows.h"

namespace lexome {

#define LEXOME_KERNELS "kernels/depthwise_rows.inl"
#include "kernels/instruction_sets.inl"

const DepthwiseKernels& depthwise_kernels() { return chosen_table(); }

}  // namespace lexome
