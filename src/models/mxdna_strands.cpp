#include "models/mxdna_strands.h"

#include <algorithm>

#include "kernels/unit_selection.h"

namespace lexome {

BothStrands both_strands(const std::vector<int64_t>& ids_R, const Packed& rows,
                         const std::vector<int64_t>& complement,
                         const std::vector<int64_t>& lengths) {
  BothStrands out;
  std::vector<int64_t> lengths_S, own_R, mirror_RE;
  const auto experts = static_cast<int64_t>(lengths.size());
  for (int64_t b = 0; b < rows.sequences(); ++b) {
    const int64_t length = rows.lengths()[b], bases = std::max<int64_t>(0, length - 2);
    const auto row = ids_R.begin() + rows.starts()[b];
    const std::vector<int64_t> given(row, row + length);
    std::vector<int64_t> paired = given;  // between the same special tokens
    for (int64_t i = 0; i < bases; ++i)
      paired[static_cast<size_t>(1 + i)] =
          complement[static_cast<size_t>(given[static_cast<size_t>(bases - i)])];
    const bool is_first = given <= paired, is_palindrome = given == paired;
    out.orientation_B.push_back(is_palindrome ? Orientation::kPalindrome
                                : is_first    ? Orientation::kFirst
                                              : Orientation::kSecond);
    const auto start = static_cast<int64_t>(out.ids_S.size());
    // A palindrome is its own other strand: the very same scores, to the last bit.
    const int64_t own = is_first ? start : start + length;
    const int64_t other = is_palindrome ? own : is_first ? start + length : start;
    for (const auto& strand : {is_first ? given : paired, is_first ? paired : given}) {
      out.ids_S.insert(out.ids_S.end(), strand.begin(), strand.end());
      lengths_S.push_back(length);
      for (int64_t t = 0; t < length; ++t) out.positions_S.push_back(t);
    }
    for (int64_t t = 0; t < length; ++t) {
      own_R.push_back(own + t);
      for (int64_t e = 0; e < experts; ++e) {
        const int64_t centre = mirrored_centre(t - 1, lengths[static_cast<size_t>(e)], bases);
        const bool has_mirror = t > 0 && t <= bases && centre >= 0 && centre < bases;
        mirror_RE.push_back((has_mirror ? other + 1 + centre : own + t) * experts + e);
      }
    }
  }
  out.rows = packed(lengths_S);
  out.own_R = torch::tensor(own_R, torch::kInt64);
  out.mirror_RE = torch::tensor(mirror_RE, torch::kInt64);
  return out;
}

Tensor strand_mean(const Tensor& scores_SE, const BothStrands& strands) {
  const Tensor own_R = strands.own_R.to(scores_SE.device()),
               mirror_RE = strands.mirror_RE.to(scores_SE.device());
  const Tensor mine_RE = scores_SE.index_select(0, own_R);
  return (mine_RE + scores_SE.reshape({-1}).index_select(0, mirror_RE).view_as(mine_RE)) * 0.5;
}

}  // namespace lexome
