// A phylogeny as Auspice and Nextclade write it (JSON, version 2): nodes with the mutations of
// their branches. Every leaf's genome follows from the root's and the mutations on its path.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lineages/aligned.h"

namespace lexome {

struct TreeNode {
  std::string name;
  int32_t parent = -1;        // before its children; -1: the root
  int32_t last = 0;           // descendants are the nodes after this one up to `last`, included
  int32_t leaf = -1;          // index among the leaves; -1: an inner node
  int64_t substitutions = 0;  // from the root on, branch by branch
  std::map<std::string, std::string> attributes;  // of the leaves: values that are text
};

struct LineageTree {
  std::string path;
  Bases reference;  // the root's genome
  std::vector<TreeNode> nodes;
  std::vector<int32_t> leaves;        // nodes, in order
  std::vector<Changes> leaf_changes;  // by leaf
};

// `reference`: FASTA of one record, needed unless the tree has a root sequence. InputError: no
// tree, a mutation whose base is not what stands there (node, position and bases named), a position
// outside. A second leaf of one name gets "#2" after it, with a warning.
LineageTree read_lineage_tree(const std::string& path, const std::string& reference);

// Substitutions on the way from one leaf to another through their last common ancestor.
int64_t tree_distance(const LineageTree& tree, int32_t leaf_a, int32_t leaf_b);

// FASTA of exactly one record.
Bases read_reference(const std::string& path);

}  // namespace lexome
