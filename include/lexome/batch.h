// A batch as plain memory: what the data floors hand over the torch line. Rows are padded to the
// longest; special tokens are in place ([CLS] first, [SEP] last) where the tokenizer has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/tokens.h"
#include "lexome/window.h"

namespace lexome {

inline constexpr int32_t kIgnoreLabel = -100;

struct Batch {
  int64_t rows = 0;
  int64_t tokens = 0;        // T: padded tokens a row, specials included
  int64_t bases = 0;         // L: padded bases a row
  std::vector<int32_t> ids;  // [levels * rows * T] as the model sees them
  std::vector<int32_t>
      labels;  // [levels * rows * T], kIgnoreLabel where nothing is asked; may be empty
  std::vector<int32_t> lengths;                     // [rows] tokens a row, specials included
  std::vector<uint32_t> cover_start, cover_length;  // [rows * T]; length 0 for special tokens
  std::vector<uint8_t> base_ids;                    // [rows * L], kN padded
  std::vector<uint8_t> base_hidden;                 // [rows * L]; may be empty
  std::vector<int32_t> base_lengths;                // [rows]
  std::vector<int32_t> targets;                     // [rows] class labels; may be empty
  std::vector<float> values;                        // [rows] regression targets; may be empty
  std::vector<Locus> origin;                        // [rows]
  int levels = 1;
  int64_t num_labels = 0;  // tokens with a label
  int64_t num_hidden_bases = 0;
  int64_t num_bases = 0;  // real bases (no padding)
};

}  // namespace lexome
