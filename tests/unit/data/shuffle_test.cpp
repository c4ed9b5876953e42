// The dinucleotide shuffle: exact counts, every order equally likely.
#include "data/shuffle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace lexome {
namespace {

std::array<std::array<int, 5>, 5> pairs_of(const Bases& bases) {
  std::array<std::array<int, 5>, 5> counts{};
  for (size_t i = 0; i + 1 < bases.size(); ++i) ++counts[bases[i]][bases[i + 1]];
  return counts;
}

TEST(Shuffle, KeepsEveryDinucleotideCount) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed, Purpose::kTest);
    Bases bases(1 + random.below(300));
    const uint64_t letters = 1 + random.below(5);  // N among them
    for (Base& base : bases) base = static_cast<Base>(random.below(letters));
    if (seed % 3 == 0) std::fill_n(bases.begin(), bases.size() / 2, kA);
    Random draw(seed, Purpose::kShuffle);
    const Bases shuffled = shuffle_dinucleotides(bases, &draw);
    ASSERT_EQ(shuffled.size(), bases.size());
    EXPECT_EQ(pairs_of(shuffled), pairs_of(bases));
    EXPECT_EQ(shuffled.front(), bases.front());
    Random again(seed, Purpose::kShuffle);
    EXPECT_EQ(shuffle_dinucleotides(bases, &again), shuffled);
  }
  Random random(1, Purpose::kTest);
  EXPECT_TRUE(shuffle_dinucleotides({}, &random).empty());
}

// All sequences with the same pairs and first base, by trying every order of the letters.
std::set<std::string> all_orders(const Bases& bases) {
  std::set<std::string> orders;
  Bases rest(bases.begin() + 1, bases.end());
  std::sort(rest.begin(), rest.end());
  do {
    Bases order = {bases.front()};
    order.insert(order.end(), rest.begin(), rest.end());
    if (pairs_of(order) == pairs_of(bases)) orders.insert(to_letters(order));
  } while (std::next_permutation(rest.begin(), rest.end()));
  return orders;
}

TEST(Shuffle, EveryOrderIsEquallyLikely) {
  for (const char* letters : {"ACAGATCA", "AACAGCAG", "ACNAGNNCA", "GATTACAG"}) {
    const Bases bases = bases_from(letters);
    const std::set<std::string> orders = all_orders(bases);
    ASSERT_GE(orders.size(), 2u) << letters;
    constexpr int kDraws = 20000;
    std::map<std::string, int> drawn;
    for (uint64_t i = 0; i < kDraws; ++i) {
      Random random(3, Purpose::kShuffle, i);
      ++drawn[to_letters(shuffle_dinucleotides(bases, &random))];
    }
    double chi_square = 0;
    const double expected = kDraws / static_cast<double>(orders.size());
    for (const std::string& order : orders) {
      chi_square += (drawn[order] - expected) * (drawn[order] - expected) / expected;
    }
    EXPECT_EQ(drawn.size(), orders.size()) << letters;
    // Mean and standard deviation of chi-square with n degrees of freedom: n and sqrt(2 n).
    const auto freedom = static_cast<double>(orders.size() - 1);
    EXPECT_LT(chi_square, freedom + 5 * std::sqrt(2 * freedom)) << letters;
  }
}

}  // namespace
}  // namespace lexome
