// Selection runs on the host, one thread a sequence, whatever device the scores come from: it is
// exact, and all index lists follow from it without another look at the device.
#include "models/mxdna_units.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <iterator>

#include "kernels/unit_selection.h"

namespace lexome {
namespace {

// A sequence as its other strand has it, and units found there brought back.
struct OtherStrand {
  std::vector<float> scores;
  std::vector<uint8_t> parts;
  std::vector<int32_t> expert_at;

  OtherStrand(const float* scores_LE, int64_t bases, const uint8_t* parts_L,
              const std::vector<int64_t>& lengths)
      : scores(static_cast<size_t>(bases) * lengths.size()),
        expert_at(static_cast<size_t>(bases), -1) {
    const auto experts = static_cast<int64_t>(lengths.size());
    for (int64_t p = 0; p < bases; ++p) {
      for (int64_t e = 0; e < experts; ++e) {
        const int64_t from = mirrored_centre(p, lengths[static_cast<size_t>(e)], bases);
        // Without an image the candidate leaves the sequence and is not looked at.
        if (from < bases)
          scores[static_cast<size_t>(p * experts + e)] = scores_LE[from * experts + e];
      }
    }
    if (parts_L != nullptr)
      parts.assign(std::make_reverse_iterator(parts_L + bases),
                   std::make_reverse_iterator(parts_L));
  }
  void bring_back(const std::vector<int64_t>& lengths, int32_t* to) const {
    const auto bases = static_cast<int64_t>(expert_at.size());
    for (int64_t p = 0; p < bases; ++p) {
      const int32_t expert = expert_at[static_cast<size_t>(p)];
      if (expert < 0) continue;
      to[mirrored_centre(p, lengths[static_cast<size_t>(expert)], bases)] = expert;
    }
  }
};

// The expert centred at each row, or -1.
std::vector<int32_t> selected(const Tensor& scores_RE, const Packed& rows,
                              const std::vector<int64_t>& lengths,
                              const std::vector<uint8_t>& parts,
                              const std::vector<Orientation>& orientations) {
  const Tensor plain = scores_RE.detach().to(torch::kCPU).to(torch::kFloat32).contiguous();
  const float* const scores = plain.data_ptr<float>();
  const auto experts = static_cast<int64_t>(lengths.size());
  std::vector<int32_t> expert_at(static_cast<size_t>(rows.rows), -1);
  at::parallel_for(0, rows.sequences(), 1, [&](int64_t begin, int64_t end) {
    UnitSelector selector(lengths);
    for (int64_t b = begin; b < end; ++b) {
      const int64_t first = rows.starts()[b] + 1, bases = rows.lengths()[b] - 2;
      if (bases <= 0) continue;
      const Orientation orientation =
          orientations.empty() ? Orientation::kFirst : orientations[static_cast<size_t>(b)];
      const float* const own = scores + first * experts;
      const uint8_t* const own_parts = parts.empty() ? nullptr : parts.data() + first;
      if (orientation == Orientation::kSecond) {
        OtherStrand other(own, bases, own_parts, lengths);
        selector.select(other.scores.data(), bases,
                        other.parts.empty() ? nullptr : other.parts.data(), other.expert_at.data());
        other.bring_back(lengths, expert_at.data() + first);
      } else {
        selector.select(own, bases, own_parts, expert_at.data() + first,
                        orientation == Orientation::kPalindrome);
      }
    }
  });
  return expert_at;
}

Tensor minus_ones(int64_t count) { return torch::full({count}, -1, torch::kInt64); }

}  // namespace

Units choose_units(const Tensor& scores_RE, const Packed& rows, const std::vector<int64_t>& lengths,
                   const std::vector<uint8_t>& parts,
                   const std::vector<Orientation>& orientations) {
  const std::vector<int32_t> expert_at = selected(scores_RE, rows, lengths, parts, orientations);
  Units units;
  std::vector<std::vector<int64_t>> centres(lengths.size());
  std::vector<int64_t> rows_K, tokens_a_sequence;
  const Tensor token_of_R = minus_ones(rows.rows), cover_R = minus_ones(rows.rows),
               unit_of_R = minus_ones(rows.rows), slot_of_R = minus_ones(rows.rows);
  auto* const token_of = token_of_R.data_ptr<int64_t>();
  auto* const cover = cover_R.data_ptr<int64_t>();
  for (int64_t b = 0; b < rows.sequences(); ++b) {
    const int64_t first = rows.starts()[b], last = first + rows.lengths()[b] - 1;
    const size_t before = rows_K.size();
    for (int64_t row = first; row <= last; ++row) {
      const int32_t expert = expert_at[static_cast<size_t>(row)];
      if (expert < 0 && row != first && row != last) continue;
      const auto token = static_cast<int64_t>(rows_K.size());
      rows_K.push_back(row);
      token_of[row] = token;
      if (expert < 0) {
        cover[row] = token;
        continue;
      }
      const int64_t length = lengths[static_cast<size_t>(expert)];
      std::fill_n(cover + unit_start(row, length), length, token);
      centres[static_cast<size_t>(expert)].push_back(row);
    }
    tokens_a_sequence.push_back(static_cast<int64_t>(rows_K.size() - before));
  }

  std::vector<int64_t> experts_U, centres_U, bases_N;
  for (size_t e = 0; e < lengths.size(); ++e) {
    units.of_expert.push_back(static_cast<int64_t>(centres[e].size()));
    for (const int64_t centre : centres[e]) {
      unit_of_R.data_ptr<int64_t>()[centre] = static_cast<int64_t>(centres_U.size());
      experts_U.push_back(static_cast<int64_t>(e));
      centres_U.push_back(centre);
      for (int64_t i = 0; i < lengths[e]; ++i) {
        const int64_t row = unit_start(centre, lengths[e]) + i;
        slot_of_R.data_ptr<int64_t>()[row] = static_cast<int64_t>(bases_N.size());
        bases_N.push_back(row);
      }
    }
  }
  const torch::Device device = scores_RE.device();
  const auto listed = [&](const std::vector<int64_t>& values) {
    return torch::tensor(values, torch::kInt64).to(device);
  };
  units.experts_U = listed(experts_U);
  units.centres_U = listed(centres_U);
  units.bases_N = listed(bases_N);
  units.rows_K = listed(rows_K);
  units.unit_of_R = unit_of_R.to(device);
  units.slot_of_R = slot_of_R.to(device);
  units.token_of_R = token_of_R.to(device);
  units.cover_R = cover_R.to(device);
  units.tokens = packed(tokens_a_sequence);
  return units;
}

}  // namespace lexome
