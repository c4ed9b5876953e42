#include "lineages/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "genome/fasta.h"
#include "lexome/error.h"

namespace lexome {
namespace {

using Json = nlohmann::json;

std::string read_whole(const std::string& path) {
  ByteSource source(path);
  std::string text, block(size_t{1} << 20, '\0');
  while (const size_t got = source.read(block.data(), block.size())) text.append(block, 0, got);
  return text;
}

struct Mutation {
  Base from, to;
  uint32_t position;
};

class TreeReader {
 public:
  TreeReader(LineageTree* tree) : tree_(*tree), now_(tree->reference) {}

  // Depth first, applying a branch's mutations on the way down and taking them back on the way up.
  void walk(const Json& root) {
    struct Visit {
      const Json* json;
      int32_t parent;
      bool done;
    };
    std::vector<Visit> stack = {{&root, -1, false}};
    std::vector<std::pair<int32_t, std::vector<Mutation>>> path;
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.done) {
        for (auto it = path.back().second.rbegin(); it != path.back().second.rend(); ++it) {
          now_[it->position] = it->from;
        }
        tree_.nodes[static_cast<size_t>(path.back().first)].last =
            static_cast<int32_t>(tree_.nodes.size()) - 1;
        path.pop_back();
        stack.pop_back();
        continue;
      }
      top.done = true;
      const Json& json = *top.json;
      const auto index = static_cast<int32_t>(tree_.nodes.size());
      path.emplace_back(index, enter(json, top.parent));
      const auto children = json.find("children");
      if (children == json.end() || children->empty()) {
        add_leaf(json, index);
      } else {
        for (auto it = children->rbegin(); it != children->rend(); ++it) {
          stack.push_back({&*it, index, false});
        }
      }
    }
  }

 private:
  std::vector<Mutation> enter(const Json& json, int32_t parent) {
    TreeNode node;
    node.name = json.value("name", "");
    node.parent = parent;
    if (parent >= 0) {
      node.substitutions = tree_.nodes[static_cast<size_t>(parent)].substitutions;
    }
    std::vector<Mutation> mutations;
    const auto branch = json.find("branch_attrs");
    if (branch != json.end()) {
      const Json& all = branch->value("mutations", Json::object());
      for (const Json& text : all.value("nuc", Json::array())) {
        mutations.push_back(apply(text.get<std::string>(), node.name));
        node.substitutions += mutations.back().from < kN && mutations.back().to < kN;
      }
    }
    tree_.nodes.push_back(std::move(node));
    return mutations;
  }

  Mutation apply(const std::string& text, const std::string& node) {
    int64_t position = 0;
    if (text.size() < 3 ||
        !parse_int(std::string_view(text).substr(1, text.size() - 2), &position)) {
      throw InputError(
          fmt::format("{}: node {}: '{}' is no mutation such as A123T", tree_.path, node, text));
    }
    if (position < 1 || position > static_cast<int64_t>(now_.size())) {
      throw InputError(
          fmt::format("{}: node {}: mutation {} lies outside the reference, which has {} bases; is "
                      "it the tree's "
                      "reference?",
                      tree_.path, node, text, with_commas(static_cast<int64_t>(now_.size()))));
    }
    const auto at = static_cast<uint32_t>(position - 1);
    const Mutation mutation{kBaseOfChar[static_cast<unsigned char>(text.front())],
                            kBaseOfChar[static_cast<unsigned char>(text.back())], at};
    if (mutation.from > kN || mutation.to > kN) {
      throw InputError(
          fmt::format("{}: node {}: '{}' is no mutation such as A123T", tree_.path, node, text));
    }
    if (mutation.from != now_[at]) {
      throw InputError(
          fmt::format("{}: node {}: mutation {} expects {} at position {}, but {} stands there; is "
                      "the reference "
                      "the tree's?",
                      tree_.path, node, text, text.front(), position, kBaseLetters[now_[at]]));
    }
    now_[at] = mutation.to;
    return mutation;
  }

  void add_leaf(const Json& json, int32_t index) {
    TreeNode& node = tree_.nodes[static_cast<size_t>(index)];
    if (node.name.empty()) throw InputError(fmt::format("{}: a leaf has no name", tree_.path));
    const std::string given = node.name;
    for (int n = 2; !names_.insert(node.name).second; ++n)
      node.name = fmt::format("{}#{}", given, n);
    if (node.name != given) {
      log::warn("{}: another leaf is called {}; this one is {} here", tree_.path, given, node.name);
    }
    node.leaf = static_cast<int32_t>(tree_.leaves.size());
    const auto attributes = json.find("node_attrs");
    if (attributes != json.end()) {
      for (const auto& [key, value] : attributes->items()) {
        if (!value.is_object() || !value.contains("value") || !value["value"].is_string()) continue;
        node.attributes[key] = value["value"].get<std::string>();
      }
    }
    tree_.leaves.push_back(index);
    tree_.leaf_changes.push_back(changes_of(tree_.reference, now_));
  }

  LineageTree& tree_;
  Bases now_;
  std::set<std::string> names_;
};

}  // namespace

Bases read_reference(const std::string& path) {
  FastaReader reader(path);
  std::string name, description, letters;
  if (!reader.next(&name, &description, &letters)) throw InputError(path + ": no sequence");
  const Bases bases = bases_from(letters, path);
  if (reader.next(&name, &description, &letters)) {
    throw InputError(path + ": a reference is one sequence, but this file holds several");
  }
  return bases;
}

LineageTree read_lineage_tree(const std::string& path, const std::string& reference) {
  LineageTree tree;
  tree.path = path;
  Json json;
  try {
    json = Json::parse(read_whole(path));
  } catch (const Json::exception&) {
    throw InputError(path + ": no JSON; a tree is Auspice's JSON, version 2");
  }
  if (!json.is_object() || !json.contains("tree") || !json["tree"].is_object()) {
    throw InputError(path + ": no tree; a tree is Auspice's JSON, version 2, with the key 'tree'");
  }
  if (!reference.empty()) tree.reference = read_reference(reference);
  if (json.contains("root_sequence") && json["root_sequence"].contains("nuc")) {
    const Bases root = bases_from(json["root_sequence"]["nuc"].get<std::string>(), path);
    if (!reference.empty() && root != tree.reference) {
      const size_t shorter = std::min(root.size(), tree.reference.size());
      size_t at = 0;
      while (at < shorter && root[at] == tree.reference[at]) ++at;
      throw InputError(fmt::format(
          "{}: its root sequence ({} bases) is not {} ({} bases): position {} is the first to "
          "differ; leave --reference out to use the root sequence",
          path, root.size(), reference, tree.reference.size(), at + 1));
    }
    tree.reference = root;
  }
  if (tree.reference.empty()) {
    throw ConfigError(path + ": the tree has no root sequence: give its --reference FASTA");
  }
  const auto unknown = std::find(tree.reference.begin(), tree.reference.end(), kN);
  if (unknown != tree.reference.end()) {
    throw InputError(fmt::format(
        "{}: the reference has no base (N) at position {}; a reference must be known throughout",
        path, unknown - tree.reference.begin() + 1));
  }
  try {
    TreeReader(&tree).walk(json["tree"]);
  } catch (const Json::exception& e) {
    throw InputError(fmt::format("{}: no Auspice tree: {}", path, e.what()));
  }
  return tree;
}

int64_t tree_distance(const LineageTree& tree, int32_t leaf_a, int32_t leaf_b) {
  const auto node = [&](int32_t i) -> const TreeNode& {
    return tree.nodes[static_cast<size_t>(i)];
  };
  const int32_t a = tree.leaves[static_cast<size_t>(leaf_a)];
  const int32_t b = tree.leaves[static_cast<size_t>(leaf_b)];
  int32_t common = a;
  while (common > b || node(common).last < b) common = node(common).parent;
  return node(a).substitutions + node(b).substitutions - 2 * node(common).substitutions;
}

}  // namespace lexome
