#include "lineages/task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr const char* kFullName = "partiallyAliased";  // of a Pango lineage: B.1.617.2.4

std::string value_of(const TreeNode& leaf, const std::string& attribute) {
  const auto found = leaf.attributes.find(attribute);
  return found == leaf.attributes.end() ? "" : found->second;
}

const TreeNode& leaf_node(const LineageTree& tree, size_t leaf) {
  return tree.nodes[static_cast<size_t>(tree.leaves[leaf])];
}

// WHO labels by the full name of the lineage they start from.
std::map<std::string, std::string> labels_by_lineage(const LineageTree& tree,
                                                     const std::vector<Constellation>& all) {
  std::map<std::string, std::string> labels;
  for (const Constellation& one : all) {
    if (one.label.empty()) continue;
    for (size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
      const TreeNode& node = leaf_node(tree, leaf);
      if (node.name == one.lineage) labels[value_of(node, kFullName)] = one.label;
    }
  }
  labels.erase("");
  return labels;
}

// Genomes of a class in an order drawn at random, at most `most`.
std::vector<size_t> draw(std::vector<size_t> from, int64_t most, uint64_t seed, uint64_t purpose,
                         size_t label) {
  Random random(seed, Purpose::kSample, purpose, label);
  for (size_t i = 0; i + 1 < from.size(); ++i) {
    std::swap(from[i], from[i + random.below(from.size() - i)]);
  }
  if (static_cast<int64_t>(from.size()) > most) from.resize(static_cast<size_t>(most));
  return from;
}

// Fills the sides of a task from the genomes of each class.
void balance(const std::vector<std::vector<size_t>>& train,
             const std::vector<std::vector<size_t>>& test, int64_t per_class, uint64_t seed,
             LineageTask* task) {
  std::vector<std::vector<size_t>> learned(train.size());
  size_t most = 0;
  for (size_t c = 0; c < train.size(); ++c) {
    std::vector<size_t> drawn = draw(train[c], per_class + per_class / 3, seed, 0, c);
    const size_t dev = drawn.size() / 4;
    std::vector<size_t>& chooses = task->sides[static_cast<size_t>(TaskSide::kDev)];
    chooses.insert(chooses.end(), drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(dev));
    learned[c].assign(drawn.begin() + static_cast<std::ptrdiff_t>(dev), drawn.end());
    most = std::max(most, learned[c].size());
    const std::vector<size_t> tested = draw(test[c], per_class, seed, 1, c);
    std::vector<size_t>& tests = task->sides[static_cast<size_t>(TaskSide::kTest)];
    tests.insert(tests.end(), tested.begin(), tested.end());
  }
  std::vector<size_t>& trains = task->sides[static_cast<size_t>(TaskSide::kTrain)];
  for (const std::vector<size_t>& genomes : learned) {
    for (size_t i = 0; i < most && !genomes.empty(); ++i) {
      trains.push_back(genomes[i % genomes.size()]);
    }
  }
}

void measure_nearest(LineageTask* task) {
  const Span all{0, static_cast<uint32_t>(task->reference.size())};
  std::vector<size_t> learned = task->sides[static_cast<size_t>(TaskSide::kTrain)];
  const std::vector<size_t>& chooses = task->sides[static_cast<size_t>(TaskSide::kDev)];
  learned.insert(learned.end(), chooses.begin(), chooses.end());
  for (const size_t t : task->sides[static_cast<size_t>(TaskSide::kTest)]) {
    TaskGenome& genome = task->genomes[t];
    for (const size_t l : learned) {
      const int64_t apart = difference(genome.changes, task->genomes[l].changes, all).substitutions;
      if (genome.nearest < 0 || apart < genome.nearest) genome.nearest = apart;
    }
  }
}

// Only classes on both sides can be told apart honestly; the others are named.
void keep_tested(std::vector<std::vector<size_t>>* train, std::vector<std::vector<size_t>>* test,
                 LineageTask* task) {
  std::vector<int32_t> index(task->classes.size(), -1);
  std::vector<std::string> kept;
  for (size_t c = 0; c < task->classes.size(); ++c) {
    if ((*train)[c].empty() || (*test)[c].empty()) {
      task->without_test.push_back(task->classes[c]);
      continue;
    }
    index[c] = static_cast<int32_t>(kept.size());
    (*train)[kept.size()] = (*train)[c];
    (*test)[kept.size()] = (*test)[c];
    kept.push_back(task->classes[c]);
  }
  if (kept.size() < 2) {
    throw InputError(
        fmt::format("fewer than two classes have genomes on both sides (without: {}); name others "
                    "with --classes",
                    fmt::join(task->without_test, ", ")));
  }
  train->resize(kept.size());
  test->resize(kept.size());
  task->classes = std::move(kept);
  for (TaskGenome& genome : task->genomes) genome.label = index[static_cast<size_t>(genome.label)];
}

}  // namespace

bool is_recombinant(const TreeNode& leaf) {
  const std::string name = value_of(leaf, kFullName);
  if (!name.empty() && name.front() == 'X') return true;
  return std::any_of(leaf.attributes.begin(), leaf.attributes.end(),
                     [](const auto& one) { return one.second == "recombinant"; });
}

LineageLabels label_leaves(const LineageTree& tree, const std::string& attribute,
                           const std::vector<std::string>& classes,
                           const std::vector<Constellation>& constellations) {
  LineageLabels labels;
  std::set<std::string> attributes;
  for (size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
    for (const auto& [key, value] : leaf_node(tree, leaf).attributes) attributes.insert(key);
  }
  labels.attribute = attribute;
  for (const char* usual : {"clade_who", "clade_membership"}) {
    if (labels.attribute.empty() && attributes.count(usual) > 0) labels.attribute = usual;
  }
  if (attributes.count(labels.attribute) == 0) {
    throw ConfigError(fmt::format("{}: no leaf has the attribute '{}'; there are: {}", tree.path,
                                  labels.attribute, fmt::join(attributes, ", ")));
  }
  const std::map<std::string, std::string> by_lineage = labels_by_lineage(tree, constellations);
  std::vector<std::string> texts(tree.leaves.size());
  std::set<std::string> known;
  for (size_t leaf = 0; leaf < texts.size(); ++leaf) {
    const TreeNode& node = leaf_node(tree, leaf);
    if (is_recombinant(node)) {
      ++labels.recombinant;
      continue;
    }
    texts[leaf] = value_of(node, labels.attribute);
    if (texts[leaf] == "unassigned") texts[leaf].clear();
    const std::string name = value_of(node, kFullName);
    for (const auto& [lineage, label] : by_lineage) {
      const bool under = name == lineage || name.rfind(lineage + ".", 0) == 0;
      if (texts[leaf].empty() && under) texts[leaf] = label;
    }
    if (texts[leaf].empty()) {
      ++labels.unlabelled;
    } else {
      known.insert(texts[leaf]);
    }
  }
  std::set<std::string> named;
  for (const std::string& name : classes) {
    if (!named.insert(name).second) {
      throw ConfigError(fmt::format("the class {} is named twice", name));
    }
    if (known.count(name) > 0) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string near = nearest_name(name, names);
    throw ConfigError(fmt::format("{}: no leaf's {} is '{}'; {}", tree.path, labels.attribute, name,
                                  near.empty()
                                      ? fmt::format("there are: {}", fmt::join(known, ", "))
                                      : "did you mean " + near + "?"));
  }
  labels.classes = classes.empty() ? std::vector<std::string>(known.begin(), known.end()) : classes;
  if (labels.classes.size() < 2) {
    throw ConfigError(fmt::format(
        "{}: fewer than two classes by {} ({}) leave nothing to tell apart; name others "
        "with --classes or --label",
        tree.path, labels.attribute, fmt::join(labels.classes, ", ")));
  }
  for (const std::string& text : texts) {
    const auto found = std::find(labels.classes.begin(), labels.classes.end(), text);
    const bool out = text.empty() || found == labels.classes.end();
    labels.other += out && !text.empty();
    labels.of_leaf.push_back(out ? -1 : static_cast<int32_t>(found - labels.classes.begin()));
  }
  return labels;
}

LineageTask subtree_task(const LineageTree& tree, const LineageLabels& labels,
                         const SubtreeSplit& split, int64_t per_class, uint64_t seed) {
  LineageTask task;
  task.reference = tree.reference;
  task.classes = labels.classes;
  std::vector<std::vector<size_t>> train(labels.classes.size()), test(labels.classes.size());
  for (const SplitGenome& one : split.genomes) {
    if (one.side == LineageSide::kNear) continue;
    auto& side = (one.side == LineageSide::kTest ? test : train)[static_cast<size_t>(one.label)];
    side.push_back(task.genomes.size());
    const auto leaf = static_cast<size_t>(one.leaf);
    task.genomes.push_back(
        {leaf_node(tree, leaf).name, one.label, one.leaf, tree.leaf_changes[leaf], -1});
  }
  keep_tested(&train, &test, &task);
  balance(train, test, per_class, seed, &task);
  measure_nearest(&task);
  return task;
}

LineageTask isolate_task(const LineageTree& tree, const LineageLabels& labels,
                         const std::vector<Isolate>& isolates, int64_t per_class, uint64_t seed) {
  LineageTask task;
  task.reference = tree.reference;
  task.classes = labels.classes;
  std::vector<std::vector<size_t>> train(labels.classes.size()), test(labels.classes.size());
  for (size_t leaf = 0; leaf < labels.of_leaf.size(); ++leaf) {
    const int32_t label = labels.of_leaf[leaf];
    if (label < 0) continue;
    train[static_cast<size_t>(label)].push_back(task.genomes.size());
    task.genomes.push_back({leaf_node(tree, leaf).name, label, static_cast<int32_t>(leaf),
                            tree.leaf_changes[leaf], -1});
  }
  for (const Isolate& one : isolates) {
    const auto found = std::find(labels.classes.begin(), labels.classes.end(), one.label);
    if (found == labels.classes.end()) continue;
    const auto label = static_cast<int32_t>(found - labels.classes.begin());
    test[static_cast<size_t>(label)].push_back(task.genomes.size());
    task.genomes.push_back({one.name, label, -1, one.changes, -1});
  }
  keep_tested(&train, &test, &task);
  balance(train, test, per_class, seed, &task);
  measure_nearest(&task);
  return task;
}

std::vector<Span> windows_of(size_t reference_length, int64_t size) {
  std::vector<Span> windows;
  const auto length = static_cast<int64_t>(reference_length);
  for (int64_t begin = 0; begin < length; begin += size) {
    const int64_t end = std::min(length, begin + size);
    if (2 * (end - begin) < size) break;
    windows.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  }
  return windows;
}

}  // namespace lexome
