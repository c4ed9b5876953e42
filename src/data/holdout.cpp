// Held-out parts by name or by share. Everything is decided from names, lengths and runs of N
// alone, so a plan made again from the same genomes and options is the same plan.
#include "data/holdout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kBigContigWindows = 20;  // smaller contigs are held out whole or not at all

Sides everything_trains(const GenomeSet& genomes) {
  Sides sides;
  for (const GenomeSource& source : genomes.sources()) {
    std::vector<ContigSides>& contigs = sides.emplace_back();
    for (const Contig& contig : source.genome.contigs()) {
      contigs.push_back({{{0, contig.length}}, {}});
    }
  }
  return sides;
}

void hold_out_contig(const Contig& contig, ContigSides* sides) {
  sides->train.clear();
  sides->validation = {{0, contig.length}};
}

void hold_out_source(const Genome& genome, std::vector<ContigSides>* sides) {
  for (size_t c = 0; c < sides->size(); ++c) hold_out_contig(genome.contigs()[c], &(*sides)[c]);
}

void hold_out_group(const GenomeSet& genomes, const std::string& group, Sides* sides) {
  for (size_t g = 0; g < sides->size(); ++g) {
    const GenomeSource& source = genomes.sources()[g];
    if (source.group == group) hold_out_source(source.genome, &(*sides)[g]);
  }
}

// Splits at commas, except those inside the numbers of a region: "chr1:1,001-2,000,chr2".
std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string> names;
  for (const std::string_view piece : split(list, ',')) {
    const std::string_view name = trim(piece);
    const auto digits = static_cast<size_t>(
        std::find_if(name.begin(), name.end(), [](char c) { return c < '0' || c > '9'; }) -
        name.begin());
    const bool continues = !names.empty() && names.back().find(':') != std::string::npos &&
                           names.back().back() >= '0' && names.back().back() <= '9' &&
                           digits == 3 && (name.size() == 3 || name[3] == '-');
    if (continues) {
      names.back() += ',';
      names.back() += name;
    } else if (!name.empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

// Moves [start, end) of a contig to the validation side.
void move_to_validation(Block part, ContigSides* sides) {
  std::vector<Block> train;
  for (const Block& block : sides->train) {
    if (block.start < std::min(block.end, part.start)) {
      train.push_back({block.start, std::min(block.end, part.start)});
    }
    if (std::max(block.start, part.end) < block.end) {
      train.push_back({std::max(block.start, part.end), block.end});
    }
  }
  sides->train = std::move(train);
  std::vector<Block>& held = sides->validation;
  held.push_back(part);
  std::sort(held.begin(), held.end(),
            [](const Block& a, const Block& b) { return a.start < b.start; });
  std::vector<Block> merged;
  for (const Block& block : held) {
    if (!merged.empty() && block.start <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, block.end);
    } else {
      merged.push_back(block);
    }
  }
  held = std::move(merged);
}

// Holds out one name: a whole contig, or the region it spells. False when no genome has the contig.
bool hold_out_name(const GenomeSet& genomes, const std::string& name, Sides* sides) {
  bool found = false;
  for (const bool as_region : {false, true}) {
    if (found) break;  // a contig whose name looks like a region is taken as the contig it is
    if (as_region && name.find(':') == std::string::npos) break;
    const Interval region = as_region ? parse_region(name) : Interval{name, 0, -1, '.'};
    for (size_t g = 0; g < genomes.sources().size(); ++g) {
      const GenomeSource& source = genomes.sources()[g];
      const int c = source.genome.find_contig(region.contig);
      if (c < 0) continue;
      found = true;
      if (!source.group.empty()) {
        log::info("held out with '{}': all of homology group '{}'", name, source.group);
        hold_out_group(genomes, source.group, sides);
        continue;
      }
      const Contig& contig = source.genome.contigs()[static_cast<size_t>(c)];
      const int64_t end = region.end < 0 ? contig.length : region.end;
      if (region.start >= end || end > contig.length) {
        throw InputError(fmt::format("held-out region '{}' is not on the contig: '{}' has {} bases",
                                     name, contig.name, with_commas(contig.length)));
      }
      move_to_validation({region.start, end}, &(*sides)[g][static_cast<size_t>(c)]);
    }
  }
  return found;
}

// The place where the last `share` of a contig's known bases begins.
int64_t last_share(const Genome& genome, int c, double share) {
  const int64_t length = genome.contigs()[static_cast<size_t>(c)].length;
  const std::vector<Block>& runs = genome.n_blocks(c);
  int64_t known = length;
  for (const Block& run : runs) known -= run.end - run.start;
  int64_t wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(known)));
  int64_t end = length;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (end - run->end >= wanted) break;
    wanted -= end - run->end;
    end = run->start;
  }
  return std::max<int64_t>(0, end - wanted);
}

// Cuts the end off a contig: validation, before it a gap of one window, before that training.
void cut_tail(int64_t length, int64_t begin, int64_t gap, ContigSides* sides) {
  sides->validation = {{begin, length}};
  sides->train.clear();
  if (begin > gap) sides->train.push_back({0, begin - gap});
}

struct Unit {  // what can be held out as a whole: a named group or an ungrouped contig
  double mass = 0;
  std::string group;
  size_t genome = 0, contig = 0;
};

}  // namespace

Sides hold_out_named(const GenomeSet& genomes, const std::string& list) {
  Sides sides = everything_trains(genomes);
  for (const std::string& name : split_names(list)) {
    if (name.rfind("group:", 0) == 0) {
      const std::string group = name.substr(6);
      std::vector<std::string> groups;
      for (const GenomeSource& source : genomes.sources()) groups.push_back(source.group);
      if (group.empty() || std::find(groups.begin(), groups.end(), group) == groups.end()) {
        groups.erase(std::remove(groups.begin(), groups.end(), ""), groups.end());
        throw InputError(fmt::format("held-out group '{}' is no group of the genomes; groups: {}",
                                     group,
                                     groups.empty() ? "none (name them with -g FILE,group=NAME)"
                                                    : fmt::format("{}", fmt::join(groups, ", "))));
      }
      hold_out_group(genomes, group, &sides);
      continue;
    }
    if (hold_out_name(genomes, name, &sides)) continue;
    std::vector<std::string> known;
    for (const GenomeSource& source : genomes.sources()) {
      for (const Contig& contig : source.genome.contigs()) known.push_back(contig.name);
    }
    const std::string near = nearest_name(name.substr(0, name.find(':')), known);
    throw InputError(fmt::format("held-out '{}' names no contig of the genomes{}", name,
                                 near.empty() ? "" : fmt::format(", did you mean '{}'?", near)));
  }
  return sides;
}

Sides hold_out_share(const GenomeSet& genomes, double share, int64_t window_length) {
  Sides sides = everything_trains(genomes);
  if (share <= 0) return sides;
  std::map<std::string, double> groups;
  std::vector<Unit> small;
  bool held = false;
  double carried = 0;  // held-out mass owed by small contigs so far
  for (size_t g = 0; g < sides.size(); ++g) {
    const GenomeSource& source = genomes.sources()[g];
    for (size_t c = 0; c < sides[g].size(); ++c) {
      const Contig& contig = source.genome.contigs()[c];
      const double mass = source.weight * static_cast<double>(contig.length);
      if (!source.group.empty()) {
        groups[source.group] += mass;
      } else if (contig.length >= kBigContigWindows * window_length) {
        const int64_t begin = std::min(last_share(source.genome, static_cast<int>(c), share),
                                       contig.length - window_length);
        cut_tail(contig.length, begin, window_length, &sides[g][c]);
        held = true;
      } else if (contig.length >= window_length) {
        small.push_back({mass, "", g, c});
        carried += mass * share;
        if (carried < mass) continue;
        carried -= mass;
        hold_out_contig(contig, &sides[g][c]);
        held = true;
      }
    }
  }

  std::vector<Unit> named;
  double named_mass = 0;
  for (const auto& [group, mass] : groups) {
    named.push_back({mass, group, 0, 0});
    named_mass += mass;
  }
  const auto lighter = [](const Unit& a, const Unit& b) { return a.mass < b.mass; };
  std::stable_sort(named.begin(), named.end(), lighter);
  double held_mass = 0;
  for (const Unit& unit : named) {
    if (held_mass + unit.mass > share * named_mass) break;
    held_mass += unit.mass;
    hold_out_group(genomes, unit.group, &sides);
    held = true;
  }
  if (held) return sides;

  if (small.size() + named.size() >= 2) {
    std::vector<Unit> units = small;
    units.insert(units.end(), named.begin(), named.end());
    const Unit& unit = *std::min_element(units.begin(), units.end(), lighter);
    if (unit.group.empty()) {
      hold_out_contig(genomes.sources()[unit.genome].genome.contigs()[unit.contig],
                      &sides[unit.genome][unit.contig]);
    } else {
      hold_out_group(genomes, unit.group, &sides);
    }
  } else if (small.size() == 1 && named.empty()) {
    const Unit& unit = small.front();
    const int64_t length = genomes.sources()[unit.genome].genome.contigs()[unit.contig].length;
    if (length >= 3 * window_length) {
      cut_tail(length, length - window_length, window_length, &sides[unit.genome][unit.contig]);
    }
  }
  return sides;
}

}  // namespace lexome
