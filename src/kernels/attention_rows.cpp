// The attention kernels for each instruction set and the choice between them.
#include "kernels/attention_rows.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/dropout_key.h"
#include "kernels/rows.h"

namespace lexome {
namespace {
constexpr float kNegative = -1e30F;  // the score of a key that is not there: its exponential is 0
}  // namespace

#pragma GCC optimize("no-math-errno")
#define LEXOME_KERNELS "kernels/attention_table.inl"
#include "kernels/instruction_sets.inl"

const AttentionKernels& baseline_attention_kernels() { return baseline::kTable; }

const AttentionKernels& attention_kernels() { return chosen_table(); }

}  // namespace lexome
