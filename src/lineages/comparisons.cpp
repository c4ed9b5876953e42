#include "lineages/comparisons.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/threads.h"

namespace lexome {
namespace {

Span whole(const LineageTree& tree) { return {0, static_cast<uint32_t>(tree.reference.size())}; }

DistanceMatrix row_distances(const SparseRows& rows, int threads) {
  DistanceMatrix matrix(rows.rows());
  parallel_for(static_cast<int64_t>(matrix.size), 2, threads, [&](int64_t begin, int64_t end) {
    for (auto a = static_cast<size_t>(begin); a < static_cast<size_t>(end); ++a) {
      for (size_t b = 0; b < matrix.size; ++b) {
        matrix.at(a, b) = std::sqrt(squared_distance(rows, std::min(a, b), std::max(a, b)));
      }
    }
  });
  return matrix;
}

}  // namespace

void compare_distances(const LineageTree& tree, const LineageLabels& labels,
                       const Vocabularies& vocabularies, uint64_t seed, int threads,
                       LineageFindings* findings) {
  std::vector<int32_t> leaves;
  const std::vector<std::vector<int32_t>> subtrees = close_subtrees(tree, labels.of_leaf);
  for (size_t s = 0; s < subtrees.size(); ++s) {
    Random random(seed, Purpose::kSample, 7, s);
    leaves.push_back(subtrees[s][random.below(subtrees[s].size())]);
  }
  Random random(seed, Purpose::kSample, 8);
  for (size_t i = 0; i + 1 < leaves.size(); ++i) {
    std::swap(leaves[i], leaves[i + random.below(leaves.size() - i)]);
  }
  leaves.resize(std::min(leaves.size(), kMostApart));
  std::sort(leaves.begin(), leaves.end());
  findings->apart = leaves.size();
  findings->notes.push_back(fmt::format(
      "Distances: {} genomes, one of each of {} subtrees whose leaves are at most {} branch "
      "substitutions apart{}; ranks of all pairs, {} permutations of genomes.",
      leaves.size(), subtrees.size(), kFarApart,
      leaves.size() < subtrees.size() ? ", drawn at random" : "", kPermutations));
  if (leaves.size() < 4) return;
  DistanceMatrix by_tree(leaves.size()), hamming(leaves.size());
  std::vector<Bases> sequences;
  for (size_t a = 0; a < leaves.size(); ++a) {
    const Changes& mine = tree.leaf_changes[static_cast<size_t>(leaves[a])];
    sequences.push_back(bases_of(tree.reference, mine, whole(tree)));
    for (size_t b = 0; b < leaves.size(); ++b) {
      by_tree.at(a, b) = static_cast<double>(tree_distance(tree, leaves[a], leaves[b]));
      hamming.at(a, b) =
          difference(mine, tree.leaf_changes[static_cast<size_t>(leaves[b])], whole(tree)).rate();
    }
  }
  std::vector<DistanceMatrix> all;
  for (const FeatureRows& features : vocabularies.features(sequences)) {
    findings->distances.emplace_back().name = features.name;
    all.push_back(row_distances(features.rows, threads));
  }
  const DistanceMatrix& words = all[Vocabularies::kWordsRow];
  const std::vector<int32_t> twins = vocabularies.twins();
  for (size_t f = 0; f < all.size(); ++f) {
    DistanceFinding& one = findings->distances[f];
    const auto given = [&](const std::vector<const DistanceMatrix*>& others) {
      return partial_agreement(all[f], by_tree, others, kPermutations, seed, threads);
    };
    one.with_tree = pair_correlation(all[f], by_tree);
    one.with_hamming = pair_correlation(all[f], hamming);
    one.with_words = pair_correlation(all[f], words);
    one.given_hamming = given({&hamming});
    one.given_words = given({&hamming, &words});
    if (twins[f] < 0) continue;
    const DistanceMatrix& twin = all[static_cast<size_t>(twins[f])];
    one.with_twin = pair_correlation(all[f], twin);
    one.given_twin = given({&hamming, &twin});
  }
}

void compare_edits(const LineageTree& tree, const std::vector<Gene>& genes,
                   const Vocabularies& vocabularies, uint64_t seed, LineageFindings* findings) {
  const std::vector<EditPlace> places = edit_places(tree, findings->sites, genes, seed);
  for (const NamedReader& reader : vocabularies.readers()) {
    const std::vector<EditFinding> found =
        edit_test(tree.reference, places, reader.read, reader.flank, seed);
    for (size_t l = 0; l < found.size(); ++l) {
      findings->edits.emplace_back(reader.levels[l], found[l]);
    }
  }
}

void compare_recombinants(const LineageTree& tree, const std::vector<std::string>& texts,
                          const Vocabularies& vocabularies, LineageFindings* findings) {
  for (const std::string& text : texts) {
    const Recombination one = read_recombination(text, tree);
    std::vector<size_t> leaves = {one.leaves[0], one.leaves[1]};
    leaves.insert(leaves.end(), one.recombinants.begin(), one.recombinants.end());
    const std::vector<Span> parts = recombination_parts(one, tree.reference.size());
    std::vector<RecombinationFinding> found(1);
    found[0].representation = "Hamming";
    for (size_t side = 0; side < 2; ++side) {
      const Span part = parts[side];
      const auto count = [&](const auto& distance, RecombinationFinding* finding) {
        finding->of = one.recombinants.size();
        for (size_t i = 2; i < leaves.size(); ++i) {
          const bool falls = distance(i, side) < distance(i, 1 - side);
          (side == 0 ? finding->left : finding->right) += falls;
        }
      };
      std::vector<Bases> sequences;
      for (const size_t leaf : leaves) {
        sequences.push_back(bases_of(tree.reference, tree.leaf_changes[leaf], part));
      }
      const auto changes = [&](size_t i) { return changes_in(tree.leaf_changes[leaves[i]], part); };
      count([&](size_t a, size_t b) { return difference(changes(a), changes(b), part).rate(); },
            &found[0]);
      const std::vector<FeatureRows> all = vocabularies.features(sequences);
      found.resize(1 + all.size());
      for (size_t f = 0; f < all.size(); ++f) {
        found[1 + f].representation = all[f].name;
        count([&](size_t a, size_t b) { return squared_distance(all[f].rows, a, b); },
              &found[1 + f]);
      }
    }
    findings->notes.push_back(fmt::format(
        "{}: {} leaves; {} sites tell its parents {} and {} apart, and the breakpoint lies between "
        "positions {} and {}.",
        one.name, one.recombinants.size(), one.telling, one.left_parent, one.right_parent, one.from,
        one.to + 1));
    findings->recombinations.push_back(one);
    findings->recombinants.push_back(std::move(found));
  }
}

}  // namespace lexome
