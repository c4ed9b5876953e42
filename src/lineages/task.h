// A task made of genomes: which are learned from, which choose between settings, which are tested,
// and the windows they are cut into. All windows of a genome stand on its side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/aligned.h"
#include "lineages/constellations.h"
#include "lineages/split.h"

namespace lexome {

struct LineageLabels {
  std::string attribute;                               // of the tree: "clade_who"
  std::vector<std::string> classes;                    // in the order given, or by name
  std::vector<int32_t> of_leaf;                        // -1: left out
  int64_t recombinant = 0, unlabelled = 0, other = 0;  // leaves left out, by reason
};

// The class of each leaf by `attribute` (empty: clade_who where the tree has it, else
// clade_membership). A leaf without one takes the label of the constellation of its lineage.
// Recombinants (so labelled, or of a lineage whose full name starts with X) are left out, and so
// are leaves labelled "unassigned". ConfigError: an attribute or a class that no leaf has, a class
// named twice, fewer than two classes.
LineageLabels label_leaves(const LineageTree& tree, const std::string& attribute,
                           const std::vector<std::string>& classes,
                           const std::vector<Constellation>& constellations);
bool is_recombinant(const TreeNode& leaf);

struct TaskGenome {
  std::string name;
  int32_t label = 0;
  int32_t leaf = -1;  // of the tree; -1: an isolate
  Changes changes;
  int64_t nearest = -1;  // tested: substitutions to the nearest training genome
};

enum class TaskSide : uint8_t { kTrain, kDev, kTest };
inline constexpr const char* kTaskSideNames[] = {"train", "dev", "test"};

struct LineageTask {
  Bases reference;
  std::vector<std::string> classes;
  std::vector<TaskGenome> genomes;        // each once
  std::vector<size_t> sides[3];           // by TaskSide: genomes; train may repeat one
  std::vector<std::string> without_test;  // classes that cannot be tested
};

// Both tasks draw at most `per_class` genomes a class and side; on the training side a class with
// fewer is repeated, so that classes are balanced. A quarter of a class's training genomes (none
// where there are fewer than four) chooses between settings, and is not learned from.
LineageTask subtree_task(const LineageTree& tree, const LineageLabels& labels,
                         const SubtreeSplit& split, int64_t per_class, uint64_t seed);
struct Isolate {
  std::string name, label;
  Changes changes;
};
LineageTask isolate_task(const LineageTree& tree, const LineageLabels& labels,
                         const std::vector<Isolate>& isolates, int64_t per_class, uint64_t seed);

// The windows of a reference: each `size` bases, the rest at the end if it is half as long or
// longer.
std::vector<Span> windows_of(size_t reference_length, int64_t size);

}  // namespace lexome
