#include "data/stretch_sample.h"

#include <algorithm>

#include "base/random.h"

namespace lexome {
namespace {

constexpr size_t kKept = 12, kBases = 2048;
constexpr uint64_t kSeed = 0;

}  // namespace

void StretchSample::offer(BasesView bases) {
  const BasesView stretch = bases.first(std::min(kBases, bases.size()));
  if (std::all_of(stretch.begin(), stretch.end(), [](Base base) { return base == kN; })) return;
  const uint64_t place = kept_.size() < kKept
                             ? kept_.size()
                             : Random(kSeed, Purpose::kSample, offered_).below(offered_ + 1);
  ++offered_;
  if (place > kept_.size() || place >= kKept) return;
  if (place == kept_.size()) kept_.emplace_back();
  kept_[place].assign(stretch.begin(), stretch.end());
}

}  // namespace lexome
