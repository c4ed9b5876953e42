#include "lineages/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/threads.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// Rows of bits: which genomes are near which.
class NearTable {
 public:
  NearTable(const LineageTree& tree, const std::vector<int32_t>& leaves, int threads)
      : words_((leaves.size() + 63) / 64), bits_(leaves.size() * words_) {
    const Span all{0, static_cast<uint32_t>(tree.reference.size())};
    const auto count = static_cast<int64_t>(leaves.size());
    parallel_for(count, 8, threads, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        for (size_t j = 0; j < leaves.size(); ++j) {
          const Difference found =
              difference(tree.leaf_changes[static_cast<size_t>(leaves[i])],
                         tree.leaf_changes[static_cast<size_t>(leaves[j])], all);
          if (found.substitutions <= kFarApart) bits_[i * words_ + j / 64] |= bit(j);
        }
      }
    });
  }
  static uint64_t bit(size_t i) { return uint64_t{1} << (i % 64); }
  size_t words() const { return words_; }
  const uint64_t* row(size_t i) const { return bits_.data() + i * words_; }

 private:
  size_t words_;
  std::vector<uint64_t> bits_;
};

struct Choice {
  std::vector<uint64_t> tested, near;  // near: within kFarApart of a tested one, itself included
  int64_t num_tested = 0, num_trained = 0;
  int64_t score() const { return std::min(3 * num_tested, num_trained); }
};

int64_t count_bits(const std::vector<uint64_t>& bits) {
  int64_t count = 0;
  for (const uint64_t word : bits) count += __builtin_popcountll(word);
  return count;
}

// One class: subtrees are tried one by one.
class ClassSplit {
 public:
  ClassSplit(const NearTable& near, size_t members) : near_(near), members_(members) {
    best_.tested.assign(near.words(), 0);
    best_.near.assign(near.words(), 0);
  }

  // `subtrees`: members by candidate. Returns the candidates taken.
  std::vector<size_t> run(const std::vector<std::vector<size_t>>& subtrees) {
    std::vector<size_t> taken;
    for (;;) {
      Choice next = best_;
      size_t which = subtrees.size();
      for (size_t s = 0; s < subtrees.size(); ++s) {
        const Choice choice = with(subtrees[s]);
        const int64_t kept = choice.num_tested + choice.num_trained;
        if (choice.score() > next.score() ||
            (which < subtrees.size() && choice.score() == next.score() &&
             kept > next.num_tested + next.num_trained)) {
          next = choice;
          which = s;
        }
      }
      if (which == subtrees.size()) return taken;
      best_ = next;
      taken.push_back(which);
    }
  }

  const Choice& best() const { return best_; }

 private:
  Choice with(const std::vector<size_t>& members) const {
    Choice choice = best_;
    for (const size_t m : members) {
      choice.tested[m / 64] |= NearTable::bit(m);
      for (size_t w = 0; w < near_.words(); ++w) choice.near[w] |= near_.row(m)[w];
    }
    choice.num_tested = count_bits(choice.tested);
    choice.num_trained = static_cast<int64_t>(members_) - count_bits(choice.near);
    return choice;
  }

  const NearTable& near_;
  size_t members_;
  Choice best_;
};

}  // namespace

SubtreeSplit split_by_subtree(const LineageTree& tree, const std::vector<int32_t>& labels,
                              const std::vector<std::string>& classes, int threads) {
  SubtreeSplit split;
  for (size_t c = 0; c < classes.size(); ++c) {
    std::vector<int32_t> leaves;
    for (size_t leaf = 0; leaf < labels.size(); ++leaf) {
      if (labels[leaf] == static_cast<int32_t>(c)) leaves.push_back(static_cast<int32_t>(leaf));
    }
    if (leaves.size() < 2) {
      throw InputError(fmt::format(
          "{}: class {} has {}: a split needs two genomes; name the classes to use with --classes",
          tree.path, classes[c],
          leaves.empty()
              ? "no genome"
              : "one genome (" +
                    tree.nodes[static_cast<size_t>(tree.leaves[static_cast<size_t>(leaves[0])])]
                        .name +
                    ")"));
    }
    // Nodes with members below, but not all of them.
    std::vector<std::vector<size_t>> subtrees;
    std::vector<int32_t> node_of;
    for (size_t n = 0; n < tree.nodes.size(); ++n) {
      const auto inside = [&](int32_t leaf) {
        const int32_t node = tree.leaves[static_cast<size_t>(leaf)];
        return node >= static_cast<int32_t>(n) && node <= tree.nodes[n].last;
      };
      std::vector<size_t> members;
      for (size_t m = 0; m < leaves.size(); ++m) {
        if (inside(leaves[m])) members.push_back(m);
      }
      if (members.empty() || members.size() == leaves.size()) continue;
      if (!subtrees.empty() && subtrees.back() == members) continue;  // a node of one child
      subtrees.push_back(std::move(members));
      node_of.push_back(static_cast<int32_t>(n));
    }
    const NearTable near(tree, leaves, threads);
    ClassSplit one(near, leaves.size());
    const std::vector<size_t> taken = one.run(subtrees);
    if (taken.empty()) split.unsplit.push_back(static_cast<int32_t>(c));
    std::vector<int32_t> subtree(leaves.size(), -1);
    for (const size_t s : taken) {
      for (const size_t m : subtrees[s]) subtree[m] = node_of[s];
    }
    for (size_t m = 0; m < leaves.size(); ++m) {
      const bool close = (one.best().near[m / 64] & NearTable::bit(m)) != 0;
      split.genomes.push_back({leaves[m], static_cast<int32_t>(c),
                               subtree[m] >= 0          ? LineageSide::kTest
                               : close || taken.empty() ? LineageSide::kNear
                                                        : LineageSide::kTrain,
                               subtree[m]});
    }
  }
  std::sort(split.genomes.begin(), split.genomes.end(),
            [](const SplitGenome& a, const SplitGenome& b) { return a.leaf < b.leaf; });
  // Across classes the same rule holds: what learns gives way.
  const Span all{0, static_cast<uint32_t>(tree.reference.size())};
  std::vector<uint8_t> near(split.genomes.size(), 0);
  parallel_for(static_cast<int64_t>(split.genomes.size()), 8, threads, [&](int64_t b, int64_t e) {
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      if (split.genomes[i].side != LineageSide::kTrain) continue;
      const Changes& mine = tree.leaf_changes[static_cast<size_t>(split.genomes[i].leaf)];
      near[i] =
          std::any_of(split.genomes.begin(), split.genomes.end(), [&](const SplitGenome& other) {
            return other.side == LineageSide::kTest &&
                   difference(mine, tree.leaf_changes[static_cast<size_t>(other.leaf)], all)
                           .substitutions <= kFarApart;
          });
    }
  });
  for (size_t i = 0; i < near.size(); ++i) {
    if (near[i] != 0) split.genomes[i].side = LineageSide::kNear;
  }
  return split;
}

std::vector<std::vector<int32_t>> close_subtrees(const LineageTree& tree,
                                                 const std::vector<int32_t>& labels) {
  // The deepest and second deepest leaf below each node bound how far apart two of its leaves are.
  const size_t count = tree.nodes.size();
  std::vector<int64_t> deepest(count, -1), widest(count, 0);
  for (size_t n = count; n-- > 0;) {
    const TreeNode& node = tree.nodes[n];
    if (node.leaf >= 0 && labels[static_cast<size_t>(node.leaf)] >= 0) {
      deepest[n] = node.substitutions;
    }
    if (node.parent < 0 || deepest[n] < 0) continue;
    const auto p = static_cast<size_t>(node.parent);
    if (deepest[p] >= 0) {
      widest[p] = std::max(widest[p], deepest[p] + deepest[n] - 2 * tree.nodes[p].substitutions);
    }
    widest[p] = std::max(widest[p], widest[n]);
    deepest[p] = std::max(deepest[p], deepest[n]);
  }
  std::vector<std::vector<int32_t>> subtrees;
  for (size_t n = 0; n < count;) {
    if (deepest[n] < 0) {
      n = static_cast<size_t>(tree.nodes[n].last) + 1;
    } else if (widest[n] > kFarApart) {
      ++n;
    } else {
      std::vector<int32_t> leaves;
      for (size_t m = n; m <= static_cast<size_t>(tree.nodes[n].last); ++m) {
        const int32_t leaf = tree.nodes[m].leaf;
        if (leaf >= 0 && labels[static_cast<size_t>(leaf)] >= 0) leaves.push_back(leaf);
      }
      subtrees.push_back(std::move(leaves));
      n = static_cast<size_t>(tree.nodes[n].last) + 1;
    }
  }
  return subtrees;
}

}  // namespace lexome
