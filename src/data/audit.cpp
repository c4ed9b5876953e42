// Containment of validation windows in training sequence. The validation side is the small one: its
// k-mers go into a hash table, the training side streams past and marks those it has. Memory grows
// with the windows audited (capped), never with the training genome.
#include "data/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/kmer_scan.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kBatch = 4096;             // codes looked up together
constexpr int64_t kMostBases = 20'000'000;  // validation bases audited: about 0.6 GB of tables

// A fixed set of k-mers with one mark each: open addressing, at most half full.
class MarkedSet {
 public:
  explicit MarkedSet(size_t most) {
    size_t capacity = 16;
    while (capacity < 2 * most) capacity *= 2;
    keys_.assign(capacity, kEmpty);
    marks_ = std::make_unique<std::atomic<uint8_t>[]>(capacity);
  }
  void insert(uint64_t code) { keys_[slot(code)] = code; }
  // Marks those of the codes that are in the set. The table is larger than any cache: places are
  // asked for some codes ahead, or every look-up would wait for memory.
  void mark(const std::vector<uint64_t>& codes) {
    constexpr size_t kAhead = 16;
    for (size_t i = 0; i < codes.size(); ++i) {
      if (i + kAhead < codes.size()) __builtin_prefetch(&keys_[home(codes[i + kAhead])]);
      const size_t s = slot(codes[i]);
      if (keys_[s] == codes[i]) marks_[s].store(1, std::memory_order_relaxed);
    }
  }
  bool marked(uint64_t code) const {
    return marks_[slot(code)].load(std::memory_order_relaxed) != 0;
  }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};  // no canonical code: TTT...T is AAA...A

  size_t home(uint64_t code) const {
    uint64_t h = code * 0x9E3779B97F4A7C15u;
    h ^= h >> 32;
    return h & (keys_.size() - 1);
  }
  // Where a code stands, or the empty place where it would.
  size_t slot(uint64_t code) const {
    size_t s = home(code);
    while (keys_[s] != kEmpty && keys_[s] != code) s = (s + 1) & (keys_.size() - 1);
    return s;
  }

  std::vector<uint64_t> keys_;
  std::unique_ptr<std::atomic<uint8_t>[]> marks_;
};

// Validation windows side by side; stretches shorter than a window are one window.
std::vector<Locus> tiles_of(const std::vector<Locus>& stretches, int64_t length, int k) {
  std::vector<Locus> tiles;
  for (const Locus& stretch : stretches) {
    int64_t start = stretch.start;
    do {
      Locus tile = stretch;
      tile.start = start;
      tile.end = std::min(stretch.end, start + length);
      if (tile.end - tile.start >= k) tiles.push_back(tile);
      start += length;
    } while (start + length <= stretch.end);
  }
  return tiles;
}

}  // namespace

Overlap audit_split(const WindowPlan& plan, int k, double threshold, int threads) {
  if (k < 1 || k > 32) throw ConfigError(fmt::format("audit k-mers have 1 to 32 bases, not {}", k));
  const int64_t length = plan.options().length;
  std::vector<Locus> tiles = tiles_of(plan.stretches(Side::kValidation), length, k);
  const auto most = static_cast<size_t>(std::max<int64_t>(1, kMostBases / length));
  if (tiles.size() > most) {
    log::info("audit looks at {} of {} validation windows, evenly spaced",
              with_commas(static_cast<int64_t>(most)),
              with_commas(static_cast<int64_t>(tiles.size())));
    std::vector<Locus> some;
    for (size_t i = 0; i < most; ++i) some.push_back(tiles[i * tiles.size() / most]);
    tiles = std::move(some);
  }
  size_t total = 0;
  for (const Locus& tile : tiles) total += static_cast<size_t>(tile.end - tile.start);

  MarkedSet set(total);
  Bases bases;
  for (const Locus& tile : tiles) {
    plan.fetch(tile, &bases);
    scan_kmers<true>(bases, k, [&](uint64_t code) { set.insert(code); });
  }
  const std::vector<Locus> pieces = kmer_pieces(plan.stretches(Side::kTrain), k);
  parallel_for(static_cast<int64_t>(pieces.size()), 1, threads, [&](int64_t begin, int64_t end) {
    Bases mine;
    std::vector<uint64_t> codes;
    for (int64_t p = begin; p < end; ++p) {
      plan.fetch(pieces[static_cast<size_t>(p)], &mine);
      scan_kmers<true>(mine, k, [&](uint64_t code) {
        codes.push_back(code);
        if (codes.size() < kBatch) return;
        set.mark(codes);
        codes.clear();
      });
      set.mark(codes);
      codes.clear();
    }
  });

  Overlap overlap;
  double sum = 0;
  for (const Locus& tile : tiles) {
    plan.fetch(tile, &bases);
    int64_t kmers = 0, shared = 0;
    scan_kmers<true>(bases, k, [&](uint64_t code) {
      ++kmers;
      shared += set.marked(code);
    });
    if (kmers == 0) continue;
    const double containment = static_cast<double>(shared) / static_cast<double>(kmers);
    ++overlap.windows;
    overlap.contained += containment >= threshold;
    sum += containment;
  }
  if (overlap.windows > 0) overlap.mean_containment = sum / static_cast<double>(overlap.windows);
  return overlap;
}

}  // namespace lexome
