// Which runs of positions become units: greedy one-dimensional non-maximum suppression without
// overlap, as MxDNA cuts its tokens (Qiao et al. 2024, arXiv 2412.13716, section 3). A candidate
// (position p, expert e) proposes the interval [p - k / 2, p - k / 2 + k), k the expert's length.
// Candidates are taken by descending score, then ascending position, then ascending expert; NaN
// counts as minus infinity. One is accepted when its interval lies inside the sequence and no
// accepted one overlaps it. No torch types. Shape letters: L positions, E experts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lexome {

inline constexpr int64_t kLongestUnit = 63;

// Holds the memory of one selection after the other; one object a thread.
class UnitSelector {
 public:
  // The experts' lengths, each in [1, kLongestUnit], at most 64 of them. InternalError otherwise.
  explicit UnitSelector(std::vector<int64_t> lengths);

  // expert_at[p] becomes the expert of the unit centred at p, or -1. scores_LE is row-major.
  // `parts` may be null; else no unit holds positions of two different values. With an expert of
  // length 1 the units partition the positions. With `in_pairs`, for a sequence that is its own
  // reverse complement, a candidate is accepted together with its mirror image, and not at all when
  // the two overlap and are not the same.
  void select(const float* scores_LE, int64_t positions, const uint8_t* parts, int32_t* expert_at,
              bool in_pairs = false);

 private:
  struct Interval {
    int64_t first, length, centre;
    size_t expert;
  };
  Interval interval(uint64_t candidate) const;
  bool is_free(int64_t first, int64_t length) const;
  void take(int64_t first, int64_t length);
  void collect(const float* scores_LE, int64_t positions, const uint8_t* parts);
  void fill_buckets();

  std::vector<int64_t> lengths_;
  std::vector<uint64_t> candidates_, in_buckets_;  // descending-score key, position, expert
  std::vector<uint32_t> ends_;                     // of the buckets
  std::vector<uint64_t> taken_;                    // one bit a position
};

// First position of the unit of `length` that is centred at `centre`.
inline int64_t unit_start(int64_t centre, int64_t length) { return centre - length / 2; }

// The centre, on the other strand of a sequence of `positions`, of the unit that is centred here:
// an even length has its centre to the right of the middle on either strand.
inline int64_t mirrored_centre(int64_t centre, int64_t length, int64_t positions) {
  return positions - centre - (length & 1);
}

}  // namespace lexome
