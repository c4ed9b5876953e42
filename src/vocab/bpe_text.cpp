#include "vocab/bpe_text.h"

namespace lexome {

void BpeText::add(BasesView bases, int64_t weight) {
  if (parts_.empty() || parts_.back().weight != weight) parts_.push_back({symbols_.size(), weight});
  for (const Base base : bases) {
    if (base == kN) {
      end_word();
    } else {
      symbols_.push_back(base);
      ++num_bases_;
    }
  }
}

void BpeText::end_word() {
  if (symbols_.back() != kNoSymbol) symbols_.push_back(kNoSymbol);
}

}  // namespace lexome
