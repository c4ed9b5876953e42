// Scores become integers that ascend as scores descend, with position and expert behind them.
// Candidates are thrown into buckets by their first bits, and only those of a bucket that are still
// free when its turn comes are sorted: most are not. Overlap is a test of one word of bits.
#include "kernels/unit_selection.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int kExpertBits = 6;
constexpr int kBucketBits = 11;

uint32_t descending_key(float score) {
  uint32_t bits;
  std::memcpy(&bits, &score, sizeof bits);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) bits = 0xFF800000u;  // NaN
  if (bits == 0x80000000u) bits = 0;                           // -0 equals 0
  return (bits >> 31) != 0 ? bits : ~bits & 0x7FFFFFFFu;
}

}  // namespace

UnitSelector::UnitSelector(std::vector<int64_t> lengths) : lengths_(std::move(lengths)) {
  const auto fits = [](int64_t length) { return length >= 1 && length <= kLongestUnit; };
  if (lengths_.empty() || lengths_.size() > (size_t{1} << kExpertBits) ||
      !std::all_of(lengths_.begin(), lengths_.end(), fits))
    throw InternalError("unit selection needs 1 to 64 experts of lengths 1 to 63");
}

UnitSelector::Interval UnitSelector::interval(uint64_t candidate) const {
  const auto payload = static_cast<uint32_t>(candidate);
  const auto centre = static_cast<int64_t>(payload >> kExpertBits);
  const size_t expert = payload & ((1u << kExpertBits) - 1);
  return {unit_start(centre, lengths_[expert]), lengths_[expert], centre, expert};
}

bool UnitSelector::is_free(int64_t first, int64_t length) const {
  const auto word = static_cast<size_t>(first >> 6);
  const int shift = static_cast<int>(first & 63);
  const uint64_t after = shift == 0 ? 0 : taken_[word + 1] << (64 - shift);
  return ((taken_[word] >> shift | after) & ((uint64_t{1} << length) - 1)) == 0;
}

void UnitSelector::take(int64_t first, int64_t length) {
  const auto word = static_cast<size_t>(first >> 6);
  const int shift = static_cast<int>(first & 63);
  const uint64_t bits = (uint64_t{1} << length) - 1;
  taken_[word] |= bits << shift;
  if (shift != 0) taken_[word + 1] |= bits >> (64 - shift);
}

// Candidates inside the sequence and of one part, by position, then expert.
void UnitSelector::collect(const float* scores_LE, int64_t positions, const uint8_t* parts) {
  const size_t experts = lengths_.size();
  candidates_.resize(static_cast<size_t>(positions) * experts);
  uint64_t* next = candidates_.data();
  for (int64_t p = 0; p < positions; ++p, scores_LE += experts) {
    int64_t left = 0, right = positions;  // the run of equal parts around p, as far as it matters
    if (parts != nullptr) {
      left = p;
      right = p + 1;
      while (left > 0 && p - left <= kLongestUnit && parts[left - 1] == parts[p]) --left;
      while (right < positions && right - p <= kLongestUnit && parts[right] == parts[p]) ++right;
    }
    for (size_t e = 0; e < experts; ++e) {
      const int64_t first = unit_start(p, lengths_[e]);
      *next = uint64_t{descending_key(scores_LE[e])} << 32 |
              static_cast<uint64_t>(p) << kExpertBits | e;
      next += first >= left && first + lengths_[e] <= right;
    }
  }
  candidates_.resize(static_cast<size_t>(next - candidates_.data()));
}

// Candidates by the first bits of their keys; bucket i ends at ends_[i].
void UnitSelector::fill_buckets() {
  uint32_t least = ~uint32_t{0}, most = 0;
  for (const uint64_t candidate : candidates_) {
    const auto key = static_cast<uint32_t>(candidate >> 32);
    least = std::min(least, key);
    most = std::max(most, key);
  }
  const int width = candidates_.empty() ? 0 : std::bit_width(most - least);
  const int shift = std::max(0, width - kBucketBits);
  const auto bucket = [&](uint64_t candidate) {
    return (static_cast<uint32_t>(candidate >> 32) - least) >> shift;
  };
  ends_.assign(size_t{1} << kBucketBits, 0);
  for (const uint64_t candidate : candidates_) ++ends_[bucket(candidate)];
  uint32_t before = 0;
  for (uint32_t& end : ends_) before += std::exchange(end, before);
  in_buckets_.resize(candidates_.size());
  for (const uint64_t candidate : candidates_) in_buckets_[ends_[bucket(candidate)]++] = candidate;
}

void UnitSelector::select(const float* scores_LE, int64_t positions, const uint8_t* parts,
                          int32_t* expert_at, bool in_pairs) {
  if (positions >= int64_t{1} << (32 - kExpertBits))
    throw InternalError("unit selection takes at most 67 million positions");
  std::fill_n(expert_at, positions, -1);
  collect(scores_LE, positions, parts);
  fill_buckets();
  taken_.assign(static_cast<size_t>(positions / 64 + 2), 0);
  int64_t open = positions;
  const auto accept = [&](const Interval& unit) {
    take(unit.first, unit.length);
    open -= unit.length;
    expert_at[unit.centre] = static_cast<int32_t>(unit.expert);
  };
  uint32_t next = 0;
  for (const uint32_t end : ends_) {
    if (open == 0) break;
    candidates_.clear();
    for (; next < end; ++next)
      if (const Interval unit = interval(in_buckets_[next]); is_free(unit.first, unit.length))
        candidates_.push_back(in_buckets_[next]);
    std::sort(candidates_.begin(), candidates_.end());
    for (const uint64_t candidate : candidates_) {
      const Interval unit = interval(candidate);
      if (!is_free(unit.first, unit.length)) continue;
      const Interval image = {positions - unit.first - unit.length, unit.length,
                              mirrored_centre(unit.centre, unit.length, positions), unit.expert};
      const bool is_pair = in_pairs && image.first != unit.first;
      if (is_pair && std::abs(image.first - unit.first) < unit.length) continue;
      accept(unit);
      if (is_pair) accept(image);
    }
  }
}

}  // namespace lexome
