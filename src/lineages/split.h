// Two sides of a tree's genomes for learning and testing: whole subtrees are tested, and no
// training genome stands within a given number of substitutions of a tested one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/tree.h"

namespace lexome {

inline constexpr int64_t kFarApart = 10;  // substitutions: this far or nearer is too near

enum class LineageSide : uint8_t { kTrain, kTest, kNear };  // kNear: left out, between the sides

struct SplitGenome {
  int32_t leaf = 0;
  int32_t label = 0;
  LineageSide side = LineageSide::kTrain;
  int32_t subtree = -1;  // of tested genomes: the node whose leaves are tested
};

struct SubtreeSplit {
  std::vector<SplitGenome> genomes;  // by leaf
  std::vector<int32_t> unsplit;      // classes with no two genomes far enough apart
};

// `labels`: the class of each leaf, -1 for leaves to leave out. In each class subtrees are added to
// the test side as long as min(3 tested, trained) grows, so about a quarter is tested where the
// tree allows; ties go to the choice that leaves out least, then to the first in the tree.
// InputError names a class with fewer than two genomes.
SubtreeSplit split_by_subtree(const LineageTree& tree, const std::vector<int32_t>& labels,
                              const std::vector<std::string>& classes, int threads);

// Subtrees of leaves (those with a label) that are at most kFarApart branch substitutions apart,
// as large as may be: leaves by subtree, in the tree's order.
std::vector<std::vector<int32_t>> close_subtrees(const LineageTree& tree,
                                                 const std::vector<int32_t>& labels);

}  // namespace lexome
