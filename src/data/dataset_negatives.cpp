#include "data/dataset_negatives.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/random.h"
#include "base/threads.h"

namespace lexome {
namespace {

constexpr double kGcBin = 0.02, kMaskBin = 0.1;  // also how far a close match may be off
constexpr int kWiden = 3;                        // bins off that later rounds accept
constexpr int kRounds = 12;                      // the second half accepts wider matches
constexpr size_t kPoolShare = 30, kPoolLeast = 2000, kPoolMost = 2'000'000;
constexpr size_t kLooked = 64;  // candidates of a bin that one positive looks at
constexpr int64_t kGrain = 256;

int bin(double share, double width) { return static_cast<int>(std::floor(share / width)); }

// Share of [start, end) that is soft-masked.
double masked_share(const Genome& genome, const Locus& where) {
  const std::vector<Block>& blocks = genome.mask_blocks(where.contig);
  auto block = std::upper_bound(blocks.begin(), blocks.end(), where.start,
                                [](int64_t at, const Block& b) { return at < b.end; });
  int64_t masked = 0;
  for (; block != blocks.end() && block->start < where.end; ++block) {
    masked += std::min(block->end, where.end) - std::max(block->start, where.start);
  }
  return static_cast<double>(masked) / static_cast<double>(where.end - where.start);
}

// Candidates by what they look like.
class Pool {
 public:
  explicit Pool(std::vector<DatasetItem> items) : items_(std::move(items)) {
    for (size_t i = 0; i < items_.size(); ++i) {
      bins_[{bin(items_[i].gc, kGcBin), bin(items_[i].masked, kMaskBin)}].push_back(i);
    }
  }
  // Takes the closest of the candidates at most `bins` bins off that touch nothing taken.
  bool take(const DatasetItem& like, int bins, Regions* taken, DatasetItem* found) {
    const int gc = bin(like.gc, kGcBin), masked = bin(like.masked, kMaskBin);
    double best = 1e9;
    std::vector<size_t>* from = nullptr;
    size_t at = 0;
    for (int g = gc - bins; g <= gc + bins; ++g) {
      for (int m = masked - bins; m <= masked + bins; ++m) {
        const auto list = bins_.find({g, m});
        if (list == bins_.end()) continue;
        drop_touched(&list->second, *taken);
        const std::vector<size_t>& open = list->second;
        for (size_t i = 0; i < std::min(open.size(), kLooked); ++i) {
          const DatasetItem& item = items_[open[open.size() - 1 - i]];
          const double off_gc = std::abs(item.gc - like.gc) / kGcBin;
          const double off_mask = std::abs(item.masked - like.masked) / kMaskBin;
          if (off_gc > bins || off_mask > bins || off_gc + off_mask >= best) continue;
          if (taken->overlaps(item.where)) continue;
          best = off_gc + off_mask;
          from = &list->second;
          at = open.size() - 1 - i;
        }
      }
    }
    if (from == nullptr) return false;
    *found = std::move(items_[(*from)[at]]);
    from->erase(from->begin() + static_cast<int64_t>(at));
    taken->add(found->where);
    return true;
  }

 private:
  // Used candidates at the end of a list would hide those before them.
  void drop_touched(std::vector<size_t>* list, const Regions& taken) const {
    while (!list->empty() && taken.overlaps(items_[list->back()].where)) list->pop_back();
  }

  std::vector<DatasetItem> items_;
  std::map<std::pair<int, int>, std::vector<size_t>> bins_;
};

// Those of the windows that may be negatives of a part.
std::vector<DatasetItem> admit(const Placement& placement, int part,
                               const std::vector<Locus>& windows, int threads) {
  std::vector<DatasetItem> items(windows.size());
  std::vector<uint8_t> fine(windows.size(), 0);
  parallel_for(static_cast<int64_t>(windows.size()), kGrain, threads,
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   const auto at = static_cast<size_t>(i);
                   DatasetItem& item = items[at];
                   item.where = windows[at];
                   fine[at] = placement.parts.part_of(item.where) == part &&
                              !placement.positives.overlaps(item.where) &&
                              !placement.excluded.overlaps(item.where) &&
                              fetch_item(placement.genomes, placement.max_n, &item);
                   item.bases = {};  // of the forward strand so far, and many
                 }
               });
  size_t kept = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    if (fine[i]) std::swap(items[kept++], items[i]);
  }
  items.resize(kept);
  return items;
}

// One round: a candidate of the pool for every item of `open` that finds one; the others stay.
void match(const Placement& placement, Pool* pool, int bins,
           const std::vector<DatasetItem>& positives, std::vector<size_t>* open, Regions* taken,
           std::vector<DatasetItem>* negatives) {
  std::vector<size_t> still;
  for (const size_t slot : *open) {
    const DatasetItem& like = positives[slot % positives.size()];
    DatasetItem& negative = (*negatives)[slot];
    if (!pool->take(like, bins, taken, &negative)) {
      still.push_back(slot);
      continue;
    }
    negative.where.strand = like.where.strand;
    fetch_item(placement.genomes, 1.0, &negative);
  }
  *open = std::move(still);
}

std::vector<size_t> all_slots(size_t count) {
  std::vector<size_t> slots(count);
  for (size_t i = 0; i < count; ++i) slots[i] = i;
  return slots;
}

}  // namespace

bool fetch_item(const GenomeSet& genomes, double max_n, DatasetItem* item) {
  const Locus& where = item->where;
  const Genome& genome = genomes.sources()[static_cast<size_t>(where.genome)].genome;
  const int64_t length = where.end - where.start;
  const int64_t unknown = genome.count_n(where.contig, where.start, where.end);
  if (static_cast<double>(unknown) > max_n * static_cast<double>(length)) return false;
  item->bases.resize(static_cast<size_t>(length));
  genome.fetch(where.contig, where.start, where.end, item->bases.data());
  if (where.strand == '-') item->bases = reverse_complement(item->bases);
  item->gc = gc_share(item->bases);
  item->masked = masked_share(genome, where);
  return true;
}

std::vector<DatasetItem> matched_windows(const Placement& placement, int part,
                                         const std::vector<DatasetItem>& positives, int64_t ratio,
                                         uint64_t seed, int threads) {
  std::vector<DatasetItem> negatives(positives.size() * static_cast<size_t>(ratio));
  if (negatives.empty()) return negatives;
  const int64_t width = positives[0].where.end - positives[0].where.start;
  // Windows begin anywhere in a part with equal chance: running counts of where they can.
  const std::vector<Locus>& stretches = placement.parts.stretches(part);
  std::vector<uint64_t> starts;
  uint64_t total = 0;
  for (const Locus& stretch : stretches) {
    total += static_cast<uint64_t>(std::max<int64_t>(0, stretch.end - stretch.start - width + 1));
    starts.push_back(total);
  }
  if (total == 0) return negatives;

  Regions taken;
  std::vector<size_t> open = all_slots(negatives.size());
  uint64_t drawn = 0;
  for (int round = 0; round < kRounds && !open.empty(); ++round) {
    std::vector<Locus> windows(std::clamp(open.size() * kPoolShare, kPoolLeast, kPoolMost));
    for (Locus& window : windows) {
      Random random(seed, Purpose::kSample, drawn++, static_cast<uint64_t>(part));
      const uint64_t draw = random.below(total);
      const auto stretch = static_cast<size_t>(
          std::upper_bound(starts.begin(), starts.end(), draw) - starts.begin());
      window = stretches[stretch];
      window.start += static_cast<int64_t>(draw - (stretch == 0 ? 0 : starts[stretch - 1]));
      window.end = window.start + width;
    }
    Pool pool(admit(placement, part, windows, threads));
    match(placement, &pool, round < kRounds / 2 ? 1 : kWiden, positives, &open, &taken, &negatives);
  }
  return negatives;
}

std::vector<DatasetItem> matched_from(const Placement& placement, int part,
                                      const std::vector<DatasetItem>& positives, int64_t ratio,
                                      const std::vector<Locus>& windows, int threads) {
  std::vector<DatasetItem> negatives(positives.size() * static_cast<size_t>(ratio));
  Regions taken;
  std::vector<size_t> open = all_slots(negatives.size());
  Pool pool(admit(placement, part, windows, threads));
  for (const int bins : {1, kWiden}) {
    match(placement, &pool, bins, positives, &open, &taken, &negatives);
  }
  return negatives;
}

}  // namespace lexome
