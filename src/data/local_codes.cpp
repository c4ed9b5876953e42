#include "data/local_codes.h"

#include <algorithm>

#include "lexome/error.h"

namespace lexome {
namespace {

// A side is its code (24 bits) and the distance to it (6 bits); 0 stands for no code in reach.
constexpr int64_t kFarthest = 63;
constexpr int kSideBits = 30;
constexpr uint64_t kOneSide = uint64_t{1}
                              << (2 * kSideBits);  // marks keys of the nearer side alone
constexpr uint64_t kNowhere = uint64_t{1} << (2 * kSideBits + 1);  // the key of all places

uint64_t side(int64_t code, int64_t distance) {
  return static_cast<uint64_t>(code) << 6 | static_cast<uint64_t>(distance);
}

}  // namespace

template <class Use>
void LocalCodes::for_asked(std::span<const int64_t> shown, std::span<const int64_t> asked,
                           int64_t tokens, const Use& use) {
  if (shown.size() != asked.size() || tokens < 1)
    throw InternalError("shown and asked codes are of different shapes");
  const auto length = static_cast<size_t>(tokens);
  std::vector<int64_t> next(length);  // nearest shown place at or behind each
  for (size_t row = 0; row + length <= shown.size(); row += length) {
    int64_t place = -1;
    for (size_t i = length; i-- > 0;) {
      if (shown[row + i] >= 0) place = static_cast<int64_t>(i);
      next[i] = place;
    }
    place = -1;
    for (size_t i = 0; i < length; ++i) {
      if (shown[row + i] >= 0) place = static_cast<int64_t>(i);
      if (asked[row + i] < 0) continue;
      const auto at = static_cast<int64_t>(i);
      const int64_t before = place < 0 ? kFarthest + 1 : at - place;
      const int64_t behind = next[i] < 0 ? kFarthest + 1 : next[i] - at;
      const auto code = [&](int64_t where) { return shown[row + static_cast<size_t>(where)]; };
      const uint64_t left = before > kFarthest ? 0 : side(code(place), before);
      const uint64_t right = behind > kFarthest ? 0 : side(code(next[i]), behind);
      Neighbours found;
      found.both = left << kSideBits | right;
      found.nearer = kOneSide | (before <= behind ? left << kSideBits : right);
      use(found, asked[row + i]);
    }
  }
}

void LocalCodes::count(std::span<const int64_t> shown, std::span<const int64_t> asked,
                       int64_t tokens) {
  for_asked(shown, asked, tokens, [this](const Neighbours& around, int64_t code) {
    for (const uint64_t key : {around.both, around.nearer, kNowhere}) seen_.emplace_back(key, code);
  });
}

void LocalCodes::settle() {
  std::sort(seen_.begin(), seen_.end());
  for (size_t begin = 0; begin < seen_.size();) {
    const uint64_t key = seen_[begin].first;
    size_t most = 0;
    int64_t best = -1;
    while (begin < seen_.size() && seen_[begin].first == key) {
      size_t end = begin;
      while (end < seen_.size() && seen_[end] == seen_[begin]) ++end;
      if (end - begin > most) {  // of equals the lowest code
        most = end - begin;
        best = seen_[begin].second;
      }
      begin = end;
    }
    best_[key] = best;
    if (key == kNowhere) commonest_ = best;
  }
  seen_ = {};
}

LocalCodes::Score LocalCodes::score(std::span<const int64_t> shown, std::span<const int64_t> asked,
                                    int64_t tokens) const {
  Score score;
  for_asked(shown, asked, tokens, [&](const Neighbours& around, int64_t code) {
    int64_t guess = commonest_;
    for (const uint64_t key : {around.both, around.nearer}) {
      const auto found = best_.find(key);
      if (found == best_.end()) continue;
      guess = found->second;
      break;
    }
    ++score.asked;
    score.right += guess == code;
    score.commonest_right += commonest_ == code;
  });
  return score;
}

}  // namespace lexome
