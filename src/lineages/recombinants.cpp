#include "lineages/recombinants.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

const TreeNode& leaf_of(const LineageTree& tree, size_t leaf) {
  return tree.nodes[static_cast<size_t>(tree.leaves[leaf])];
}

size_t find_leaf(const LineageTree& tree, const std::string& name, const std::string& text) {
  std::vector<std::string> names;
  for (size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
    names.push_back(leaf_of(tree, leaf).name);
    if (names.back() == name) return leaf;
  }
  const std::string near = nearest_name(name, names);
  throw ConfigError(fmt::format("--recombinant {}: {} has no leaf '{}'{}", text, tree.path, name,
                                near.empty() ? "" : "; did you mean " + near + "?"));
}

// "XBB.1.5" of XBB, by full names where the tree has them.
bool is_below(const TreeNode& leaf, const std::string& name) {
  const auto full = leaf.attributes.find("partiallyAliased");
  const std::string& own = full == leaf.attributes.end() ? leaf.name : full->second;
  return own == name || own.rfind(name + ".", 0) == 0;
}

}  // namespace

Recombination read_recombination(const std::string& text, const LineageTree& tree) {
  const size_t equals = text.find('='), comma = text.find(',');
  if (equals == std::string::npos || comma == std::string::npos || comma < equals) {
    throw ConfigError("--recombinant " + text +
                      ": expected NAME=LEFT,RIGHT, such as XBB=BJ.1,BM.1.1.1");
  }
  Recombination one;
  one.name = text.substr(0, equals);
  one.left_parent = text.substr(equals + 1, comma - equals - 1);
  one.right_parent = text.substr(comma + 1);
  const size_t self = find_leaf(tree, one.name, text);
  one.leaves[0] = find_leaf(tree, one.left_parent, text);
  one.leaves[1] = find_leaf(tree, one.right_parent, text);
  for (size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
    if (is_below(leaf_of(tree, leaf), one.name)) one.recombinants.push_back(leaf);
  }
  // Sites that tell the parents apart, and whose base the recombinant shares with one of them.
  struct Telling {
    uint32_t position;
    bool left;
  };
  std::vector<Telling> sites;
  for (uint32_t p = 0; p < tree.reference.size(); ++p) {
    const Base left = base_at(tree.reference, tree.leaf_changes[one.leaves[0]], p);
    const Base right = base_at(tree.reference, tree.leaf_changes[one.leaves[1]], p);
    const Base own = base_at(tree.reference, tree.leaf_changes[self], p);
    if (left == right || left >= kN || right >= kN) continue;
    ++one.telling;
    if (own == left || own == right) sites.push_back({p, own == left});
  }
  if (sites.empty()) {
    throw ConfigError(fmt::format("--recombinant {}: no site tells {} from {}", text,
                                  one.left_parent, one.right_parent));
  }
  // Cutting before site i: rights among those before are wrong, and lefts among the others.
  int64_t wrong =
      std::count_if(sites.begin(), sites.end(), [](const Telling& s) { return s.left; });
  int64_t least = wrong;
  size_t cut = 0;
  for (size_t i = 0; i < sites.size(); ++i) {
    wrong += sites[i].left ? -1 : 1;
    if (wrong < least) {
      least = wrong;
      cut = i + 1;
    }
  }
  one.from = cut == 0 ? 0 : sites[cut - 1].position + 1;
  one.to = cut == sites.size() ? static_cast<uint32_t>(tree.reference.size()) : sites[cut].position;
  if (cut == 0 || cut == sites.size()) {
    throw ConfigError(
        fmt::format("--recombinant {}: at every site that tells its parents apart, {} agrees best "
                    "with {} alone",
                    text, one.name, cut == 0 ? one.right_parent : one.left_parent));
  }
  return one;
}

std::vector<Span> recombination_parts(const Recombination& one, size_t reference_length) {
  const uint32_t middle = (one.from + one.to) / 2;
  return {{0, middle}, {middle, static_cast<uint32_t>(reference_length)}};
}

}  // namespace lexome
