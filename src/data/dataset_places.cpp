#include "data/dataset_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "data/holdout.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kNamed = 3;  // names that a message shows of a list

std::string some_of(const std::vector<std::string>& names) {
  std::vector<std::string> first(
      names.begin(), names.begin() + static_cast<int64_t>(std::min(kNamed, names.size())));
  std::string text = fmt::format("{}", fmt::join(first, ", "));
  if (names.size() > kNamed) text += fmt::format(", ... {} more", names.size() - kNamed);
  return text;
}

auto order(const Locus& locus) { return std::tuple(locus.genome, locus.contig, locus.start); }

// Blocks of `from` outside `of`; both ordered and disjoint.
std::vector<Block> without(const std::vector<Block>& from, const std::vector<Block>& of) {
  std::vector<Block> left;
  for (Block block : from) {
    for (const Block& hole : of) {
      if (hole.end <= block.start || hole.start >= block.end) continue;
      if (hole.start > block.start) left.push_back({block.start, hole.start});
      block.start = hole.end;
    }
    if (block.start < block.end) left.push_back(block);
  }
  return left;
}

bool touch(const std::vector<Block>& a, const std::vector<Block>& b) {
  return std::any_of(a.begin(), a.end(), [&](const Block& x) {
    return std::any_of(b.begin(), b.end(),
                       [&](const Block& y) { return x.start < y.end && y.start < x.end; });
  });
}

}  // namespace

Locus ContigFinder::find(const std::string& name) const {
  const auto [known, is_new] = known_.try_emplace(name);
  Locus& found = known->second;
  if (!is_new) return found;
  for (size_t g = 0; g < genomes_.sources().size(); ++g) {
    const Genome& genome = genomes_.sources()[g].genome;
    const int contig = genome.find_contig(name);
    if (contig < 0) continue;
    if (found.genome >= 0) {
      const Genome& first = genomes_.sources()[static_cast<size_t>(found.genome)].genome;
      throw InputError(
          fmt::format("contig '{}' is in {} and in {}; make one data set from each genome", name,
                      first.path(), genome.path()));
    }
    found = {static_cast<int32_t>(g), contig, 0,
             genome.contigs()[static_cast<size_t>(contig)].length, '+'};
  }
  return found;
}

std::string ContigFinder::describe() const {
  std::vector<std::string> texts;
  for (const GenomeSource& source : genomes_.sources()) {
    std::vector<std::string> names;
    for (const Contig& contig : source.genome.contigs()) names.push_back(contig.name);
    texts.push_back(fmt::format("{} ({})", source.genome.path(), some_of(names)));
  }
  return fmt::format("{}", fmt::join(texts, " or "));
}

bool PlaceChecker::place(const Interval& where, int64_t line, Locus* locus) {
  ++seen_;
  const Locus contig = finder_.find(where.contig);
  if (contig.genome < 0) {
    ++unknown_;
    if (std::find(unknown_names_.begin(), unknown_names_.end(), where.contig) ==
        unknown_names_.end()) {
      unknown_names_.push_back(where.contig);
    }
    if (first_message_.empty()) {
      first_message_ = fmt::format(
          "{}:{}: contig '{}' is not in {}; is the file for another assembly? --alias takes 1 for "
          "chr1, --skip-bad leaves such intervals out",
          path_, line, where.contig, finder_.describe());
    }
    return false;
  }
  if (where.end > contig.end) {
    ++off_;
    if (first_message_.empty()) {
      first_message_ = fmt::format(
          "{}:{}: {} ends beyond the contig, which has {} bases in {}; is the file for another "
          "assembly? --skip-bad leaves such intervals out",
          path_, line, to_region(where), with_commas(contig.end),
          finder_.genomes().sources()[static_cast<size_t>(contig.genome)].genome.path());
    }
    return false;
  }
  *locus = {contig.genome, contig.contig, where.start, where.end, where.strand};
  return true;
}

void PlaceChecker::finish(DatasetParts* parts) {
  if (seen_ == 0) throw InputError(fmt::format("{}: the file holds no intervals", path_));
  if (unknown_ == seen_) {
    throw InputError(fmt::format(
        "{}: none of its contigs ({}) is in {}; is the file for another assembly? --alias takes 1 "
        "for chr1",
        path_, some_of(unknown_names_), finder_.describe()));
  }
  if (unknown_ + off_ == 0) return;
  if (!skip_bad_ || unknown_ + off_ == seen_) throw InputError(first_message_);
  parts->leave_out("", unknown_, fmt::format("intervals of {} on contigs unknown here", path_));
  parts->leave_out("", off_, fmt::format("intervals of {} beyond their contig", path_));
}

std::vector<PlacedFeature> read_places(const ContigFinder& finder, const std::string& path,
                                       const std::string& kind, bool skip_bad,
                                       DatasetParts* parts) {
  std::vector<Feature> features = read_features(path);
  std::vector<std::string> kinds;
  for (const Feature& feature : features) {
    if (std::find(kinds.begin(), kinds.end(), feature.kind) == kinds.end()) {
      kinds.push_back(feature.kind);
    }
  }
  if (kind.empty() && kinds.size() > 1) {
    throw InputError(fmt::format("{}: holds features of several kinds ({}); choose one with --kind",
                                 path, some_of(kinds)));
  }
  if (!kind.empty() && !features.empty() &&
      std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw InputError(
        fmt::format("{}: holds no feature of kind '{}'; kinds: {}", path, kind, some_of(kinds)));
  }
  PlaceChecker checker(finder, path, skip_bad);
  std::vector<PlacedFeature> placed;
  for (Feature& feature : features) {
    if (!kind.empty() && feature.kind != kind) continue;
    Locus where;
    if (!checker.place(feature.where, feature.line, &where)) continue;
    placed.push_back({where, std::move(feature)});
  }
  checker.finish(parts);
  return placed;
}

PartMap::PartMap(const GenomeSet& genomes, const DatasetOptions& options) {
  const bool named = !options.test.empty() || !options.dev.empty();
  const Sides test = named ? hold_out_named(genomes, options.test)
                           : hold_out_share(genomes, options.test_share, options.width);
  const Sides dev =
      named ? hold_out_named(genomes, options.dev)
            : hold_out_share(genomes, options.test_share + options.dev_share, options.width);
  for (size_t g = 0; g < test.size(); ++g) {
    for (size_t c = 0; c < test[g].size(); ++c) {
      const ContigSides &of_test = test[g][c], &of_dev = dev[g][c];
      if (named && touch(of_test.validation, of_dev.validation)) {
        throw ConfigError(fmt::format(
            "--test {} and --dev {} both hold out contig '{}'; let each region be in one",
            options.test, options.dev, genomes.sources()[g].genome.contigs()[c].name));
      }
      const auto add = [&](size_t part, const std::vector<Block>& blocks) {
        for (const Block& block : blocks) {
          stretches_[part].push_back(
              {static_cast<int32_t>(g), static_cast<int32_t>(c), block.start, block.end, '+'});
        }
      };
      // Training is what neither holds out, less the gaps before what is held out.
      const std::vector<Block> whole = {{0, genomes.sources()[g].genome.contigs()[c].length}};
      add(0, without(of_test.train, without(whole, of_dev.train)));
      add(1, without(of_dev.validation, of_test.validation));
      add(2, of_test.validation);
    }
  }
}

int PartMap::part_of(const Locus& locus) const {
  for (size_t part = 0; part < stretches_.size(); ++part) {
    auto next =
        std::upper_bound(stretches_[part].begin(), stretches_[part].end(), locus,
                         [](const Locus& a, const Locus& b) { return order(a) < order(b); });
    if (next == stretches_[part].begin()) continue;
    --next;
    if (next->genome == locus.genome && next->contig == locus.contig && locus.end <= next->end) {
      return static_cast<int>(part);
    }
  }
  return kNoPart;
}

}  // namespace lexome
