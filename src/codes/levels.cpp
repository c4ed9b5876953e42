#include "codes/levels.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "base/random.h"

namespace lexome {
namespace {

constexpr size_t kShownRows = 32, kShownColumns = 64;
constexpr int64_t kContexts = 64;

struct Pairs {
  std::vector<int32_t> first, second;
  std::vector<uint8_t> context;  // the three bases around
};

using Joint = std::unordered_map<uint64_t, int64_t>;

Joint joint_of(const Pairs& pairs) {
  Joint joint;
  joint.reserve(pairs.first.size() / 4);
  for (size_t i = 0; i < pairs.first.size(); ++i) {
    ++joint[(static_cast<uint64_t>(static_cast<uint32_t>(pairs.first[i])) << 32) |
            static_cast<uint32_t>(pairs.second[i])];
  }
  return joint;
}

double entropy(const std::vector<int64_t>& counts, double all) {
  double bits = 0;
  for (const int64_t count : counts) {
    const double p = static_cast<double>(count) / all;
    if (count > 0) bits -= p * std::log2(p);
  }
  return bits;
}

struct Figures {
  double joint_entropy = 0, nesting = 0;
};

// Keys are gone through in order, so that sums do not depend on a hash table's.
Figures figures_of(const Joint& joint, size_t codes_2, double all) {
  std::vector<std::pair<uint64_t, int64_t>> cells(joint.begin(), joint.end());
  std::sort(cells.begin(), cells.end());
  Figures figures;
  std::vector<int64_t> most(codes_2);
  for (const auto& [key, count] : cells) {
    const double p = static_cast<double>(count) / all;
    figures.joint_entropy -= p * std::log2(p);
    int64_t& best = most[key & 0xffffffffU];
    best = std::max(best, count);
  }
  figures.nesting =
      static_cast<double>(std::accumulate(most.begin(), most.end(), int64_t{0})) / all;
  return figures;
}

// Shuffles the second codes among the places of each list.
void shuffle(const std::vector<std::vector<uint32_t>>& places, Random random, Pairs* pairs) {
  for (const std::vector<uint32_t>& list : places) {
    for (size_t i = list.size(); i > 1; --i)
      std::swap(pairs->second[list[i - 1]], pairs->second[list[random.below(i)]]);
  }
}

std::vector<int32_t> most_used(const std::vector<int64_t>& counts, size_t most) {
  std::vector<int32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return counts[static_cast<size_t>(a)] > counts[static_cast<size_t>(b)];
  });
  order.resize(std::min(order.size(), most));
  return order;
}

}  // namespace

LevelPair level_pair(const std::vector<Stretch>& stretches, const Labelling& first,
                     const Labelling& second, uint64_t seed) {
  LevelPair out;
  out.first = first.name;
  out.second = second.name;
  Pairs pairs;
  for (size_t s = 0; s < stretches.size(); ++s) {
    const Bases& bases = stretches[s].bases;
    for (size_t i = 1; i + 1 < bases.size(); ++i) {
      const int32_t a = first.labels[s][i], b = second.labels[s][i];
      if (a < 0 || b < 0 || bases[i - 1] == kN || bases[i] == kN || bases[i + 1] == kN) continue;
      pairs.first.push_back(a);
      pairs.second.push_back(b);
      pairs.context.push_back(
          static_cast<uint8_t>(16 * bases[i - 1] + 4 * bases[i] + bases[i + 1]));
    }
  }
  if (pairs.first.empty()) return out;
  const auto all = static_cast<double>(pairs.first.size());
  std::vector<int64_t> counts_1(static_cast<size_t>(first.codes)),
      counts_2(static_cast<size_t>(second.codes));
  for (size_t i = 0; i < pairs.first.size(); ++i) {
    ++counts_1[static_cast<size_t>(pairs.first[i])];
    ++counts_2[static_cast<size_t>(pairs.second[i])];
  }
  out.entropy_1 = entropy(counts_1, all);
  out.entropy_2 = entropy(counts_2, all);
  const Joint joint = joint_of(pairs);
  const Figures seen = figures_of(joint, counts_2.size(), all);
  out.conditional = seen.joint_entropy - out.entropy_1;
  out.information.observed = out.entropy_2 - out.conditional;
  out.nesting.observed = seen.nesting;
  std::vector<std::vector<uint32_t>> everywhere(1), local(kContexts);
  for (size_t i = 0; i < pairs.first.size(); ++i) {
    everywhere[0].push_back(static_cast<uint32_t>(i));
    local[pairs.context[i]].push_back(static_cast<uint32_t>(i));
  }
  for (const bool strict : {false, true}) {
    for (int round = 0; round < kPairShuffles; ++round) {
      Pairs shuffled = pairs;
      shuffle(strict ? local : everywhere,
              Random(seed, Purpose::kShuffle, static_cast<uint64_t>(round), strict), &shuffled);
      const Figures null = figures_of(joint_of(shuffled), counts_2.size(), all);
      const double bits = out.entropy_1 + out.entropy_2 - null.joint_entropy;
      for (const auto& [into, value] :
           {std::pair{&out.information, bits}, {&out.nesting, null.nesting}}) {
        double& mean = strict ? into->local_mean : into->free_mean;
        double& most = strict ? into->local_most : into->free_most;
        mean += value / kPairShuffles;
        most = round == 0 ? value : std::max(most, value);
      }
    }
  }
  out.nested = out.nesting.observed > out.nesting.local_most;
  out.rows = most_used(counts_1, kShownRows);
  out.columns = most_used(counts_2, kShownColumns);
  const auto cell = [&](int32_t row, int32_t column) {
    const auto found = joint.find((static_cast<uint64_t>(static_cast<uint32_t>(row)) << 32) |
                                  static_cast<uint32_t>(column));
    return found == joint.end() ? int64_t{0} : found->second;
  };
  // Fine codes side by side that stand under the same coarse one.
  std::stable_sort(out.columns.begin(), out.columns.end(), [&](int32_t a, int32_t b) {
    const auto best = [&](int32_t column) {
      return std::max_element(
                 out.rows.begin(), out.rows.end(),
                 [&](int32_t x, int32_t y) { return cell(x, column) < cell(y, column); }) -
             out.rows.begin();
    };
    return best(a) < best(b);
  });
  for (const int32_t row : out.rows) {
    std::vector<int64_t>& line = out.counts.emplace_back();
    for (const int32_t column : out.columns) line.push_back(cell(row, column));
  }
  return out;
}

}  // namespace lexome
