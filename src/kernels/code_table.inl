// One instruction set's searches for the nearest code, and their table.
#include "kernels/code_rows.inl"

constexpr CodeKernels kTable = {plain_search, blocked_search, half_norms};
