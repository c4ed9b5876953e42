// The units of a batch: which bases MxDNA's router joins, and where each of them goes. Rows of a
// batch are packed (kernels/packed.h) and begin with [CLS] and end with [SEP]; the bases stand
// between. Shape letters: R rows of all sequences (specials included), U units, N bases of all
// units, K tokens (units and specials), E experts.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/packed.h"

namespace lexome {

struct Units {
  // By expert, then by place.
  std::vector<int64_t> of_expert;  // [E] units of each
  Tensor experts_U, centres_U;     // i64: expert and row of the centre
  Tensor unit_of_R;                // the unit centred at a row, or -1
  Tensor bases_N, slot_of_R;       // rows by unit and within it; where a row stands there, or -1
  // By place: what is kept of each sequence.
  Packed tokens;
  Tensor rows_K, token_of_R;  // row of a token; token of a row that is kept, or -1
  Tensor cover_R;             // the token that stands for a row, or -1

  int64_t count() const { return experts_U.size(0); }
};

// On which strand ties between equal scores are settled, so that both strands settle them alike: on
// the one given, on the other, or by mirrored pairs in a sequence that is its own other strand.
enum class Orientation : uint8_t { kFirst, kSecond, kPalindrome };

// scores_RE on any device; rows of specials are not looked at. `parts` is empty or has one byte a
// row: no unit holds two different values (kernels/unit_selection.h). `orientations` is empty, all
// kFirst, or has one a sequence. Tensors lie on the scores' device.
Units choose_units(const Tensor& scores_RE, const Packed& rows, const std::vector<int64_t>& lengths,
                   const std::vector<uint8_t>& parts,
                   const std::vector<Orientation>& orientations = {});

}  // namespace lexome
