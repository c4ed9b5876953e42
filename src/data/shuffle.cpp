#include "data/shuffle.h"

#include <array>
#include <utility>

namespace lexome {
namespace {

constexpr size_t kLetters = 5;

}  // namespace

Bases shuffle_dinucleotides(BasesView bases, Random* random) {
  if (bases.size() < 4) return {bases.begin(), bases.end()};  // no two orders have the same pairs
  std::array<std::vector<Base>, kLetters> exits;
  for (size_t i = 0; i + 1 < bases.size(); ++i) exits[bases[i]].push_back(bases[i + 1]);

  // The path ends where the original ends, so the last exits of all other letters must lead there.
  const size_t root = bases.back();
  std::array<size_t, kLetters> last{};
  std::array<bool, kLetters> in_tree{};
  in_tree[root] = true;
  for (size_t letter = 0; letter < kLetters; ++letter) {
    if (exits[letter].empty()) continue;
    for (size_t at = letter; !in_tree[at]; at = exits[at][last[at]]) {
      last[at] = random->below(exits[at].size());
    }
    for (size_t at = letter; !in_tree[at]; at = exits[at][last[at]]) in_tree[at] = true;
  }
  for (size_t letter = 0; letter < kLetters; ++letter) {
    std::vector<Base>& list = exits[letter];
    if (list.empty()) continue;
    size_t free = list.size();
    if (letter != root) std::swap(list[last[letter]], list[--free]);
    for (size_t i = free; i > 1; --i) std::swap(list[i - 1], list[random->below(i)]);
  }

  Bases out;
  out.reserve(bases.size());
  out.push_back(bases.front());
  std::array<size_t, kLetters> next{};
  while (out.size() < bases.size()) {
    const size_t at = out.back();
    out.push_back(exits[at][next[at]++]);
  }
  return out;
}

}  // namespace lexome
