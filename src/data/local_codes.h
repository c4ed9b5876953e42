// How much of a masked code its visible neighbours give away: each masked place is guessed from the
// nearest code that is shown on either side, as counted on training windows. Codes that see
// overlapping bases can be guessed so without any language model, and a model has to be judged
// against that. No torch types.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lexome {

class LocalCodes {
 public:
  // Rows of `tokens` places; -1 in `shown` where no code is seen, in `asked` where none is masked.
  void count(std::span<const int64_t> shown, std::span<const int64_t> asked, int64_t tokens);
  // After the last row: what is guessed for each neighbourhood.
  void settle();
  // Guesses the masked places of rows. A neighbourhood that was never counted is judged by its
  // nearer side, and that by the commonest code.
  struct Score {
    int64_t asked = 0, right = 0, commonest_right = 0;
  };
  Score score(std::span<const int64_t> shown, std::span<const int64_t> asked, int64_t tokens) const;

 private:
  struct Neighbours {
    uint64_t both = 0, nearer = 0;
  };
  template <class Use>
  static void for_asked(std::span<const int64_t> shown, std::span<const int64_t> asked,
                        int64_t tokens, const Use& use);
  std::vector<std::pair<uint64_t, int64_t>> seen_;  // neighbourhood, code
  std::unordered_map<uint64_t, int64_t> best_;
  int64_t commonest_ = -1;
};

}  // namespace lexome
