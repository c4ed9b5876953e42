#include "lineages/edits.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/random.h"

namespace lexome {
namespace {

constexpr int kDraws = 9999;

// What a control shares with its site.
using Surroundings = std::tuple<Base, Base, Base, int, int>;

Surroundings surroundings(BasesView reference, uint32_t position, const std::vector<Gene>& genes) {
  const GenePlace place = gene_place(genes, position);
  return {reference[position - 1], reference[position], reference[position + 1], place.gene,
          place.codon};
}

Bases around(BasesView reference, uint32_t position, uint32_t flank) {
  const uint32_t begin = position > flank ? position - flank : 0;
  const uint32_t end = std::min(static_cast<uint32_t>(reference.size()), position + flank + 1);
  return {reference.begin() + begin, reference.begin() + end};
}

}  // namespace

std::vector<EditPlace> edit_places(const LineageTree& tree, const std::vector<DefiningSite>& sites,
                                   const std::vector<Gene>& genes, uint64_t seed) {
  std::vector<bool> changed(tree.reference.size(), false);
  for (const Changes& changes : tree.leaf_changes) {
    for (const Change& change : changes) changed[change.position] = true;
  }
  std::map<Surroundings, std::vector<uint32_t>> quiet;
  for (uint32_t p = 1; p + 1 < tree.reference.size(); ++p) {
    if (!changed[p]) quiet[surroundings(tree.reference, p, genes)].push_back(p);
  }
  std::set<std::pair<uint32_t, Base>> seen;
  std::vector<EditPlace> places;
  for (const DefiningSite& site : sites) {
    if (site.position == 0 || site.position + 1 >= tree.reference.size() ||
        !seen.insert({site.position, site.alternative}).second) {
      continue;
    }
    EditPlace place{site.position, site.alternative, {}};
    const auto alike = quiet.find(surroundings(tree.reference, site.position, genes));
    if (alike != quiet.end()) {
      std::vector<uint32_t> from = alike->second;
      Random random(seed, Purpose::kSample, site.position, site.alternative);
      for (size_t i = 0; i < std::min(kMostControls, from.size()); ++i) {
        std::swap(from[i], from[i + random.below(from.size() - i)]);
        place.controls.push_back(from[i]);
      }
    }
    places.push_back(std::move(place));
  }
  return places;
}

std::vector<EditFinding> edit_test(BasesView reference, const std::vector<EditPlace>& places,
                                   const BaseReader& reader, uint32_t flank, uint64_t seed) {
  // Each place before and after; the site first, then its controls.
  std::vector<Bases> sequences;
  std::vector<uint32_t> at;  // of the edit in its sequence
  for (const EditPlace& place : places) {
    std::vector<uint32_t> positions = {place.position};
    positions.insert(positions.end(), place.controls.begin(), place.controls.end());
    for (const uint32_t position : positions) {
      Bases bases = around(reference, position, flank);
      at.push_back(std::min(position, flank));
      sequences.push_back(bases);
      bases[at.back()] = place.alternative;
      sequences.push_back(std::move(bases));
    }
  }
  const auto read = reader(sequences);
  const size_t levels = read.empty() ? 0 : read.front().size();
  std::vector<EditFinding> findings(levels);
  for (size_t l = 0; l < levels; ++l) {
    EditFinding& one = findings[l];
    std::vector<std::vector<double>> counts;  // by matched place: the site, then its controls
    size_t next = 0;
    for (const EditPlace& place : places) {
      std::vector<double> mine;
      for (size_t i = 0; i <= place.controls.size(); ++i, ++next) {
        const std::vector<int32_t>&before = read[2 * next][l], &after = read[2 * next + 1][l];
        double changed = 0;
        for (size_t b = 0; b < before.size(); ++b) {
          if (before[b] == after[b]) continue;
          changed += 1;
          one.farthest = std::max(
              one.farthest, std::abs(static_cast<int64_t>(b) - static_cast<int64_t>(at[next])));
        }
        mine.push_back(changed);
      }
      one.by_site.emplace_back(place.position, static_cast<int64_t>(mine[0]));
      if (mine.size() < 2) {
        ++one.unmatched;
        continue;
      }
      one.controls += mine.size() - 1;
      counts.push_back(std::move(mine));
    }
    one.sites = counts.size();
    if (counts.empty()) continue;
    // The site's count less the mean of all of its place: 0 on average if the site is no other.
    double observed = 0;
    for (const std::vector<double>& mine : counts) {
      double sum = 0;
      for (const double value : mine) sum += value;
      one.at_sites += mine[0];
      one.at_controls += (sum - mine[0]) / static_cast<double>(mine.size() - 1);
      observed += mine[0] - sum / static_cast<double>(mine.size());
    }
    one.at_sites /= static_cast<double>(counts.size());
    one.at_controls /= static_cast<double>(counts.size());
    int as_large = 1;
    for (int draw = 0; draw < kDraws; ++draw) {
      Random random(seed, Purpose::kBootstrap, l, static_cast<uint64_t>(draw));
      double value = 0;
      for (const std::vector<double>& mine : counts) {
        double sum = 0;
        for (const double count : mine) sum += count;
        value += mine[random.below(mine.size())] - sum / static_cast<double>(mine.size());
      }
      as_large += std::abs(value) >= std::abs(observed) - 1e-9;
    }
    one.p_value = static_cast<double>(as_large) / (1.0 + kDraws);
  }
  return findings;
}

}  // namespace lexome
