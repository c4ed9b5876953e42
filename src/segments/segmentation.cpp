#include "segments/segmentation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/threads.h"
#include "data/tokenize.h"
#include "data/tokenize_cells.h"
#include "genome/annotation.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// Tokens that overlap, or are single bases wherever they stand, say nothing of where units end.
// Words side by side do, even where no whole word fits the end of a contig.
std::string nothing_to_compare(const Tokenizer& tokenizer) {
  const std::string overlap = "its tokens overlap or leave gaps";
  if (!tokenizer.regular()) return tokenizer.tiles() ? "" : overlap;
  const Tokens probe = tokenizer.encode_one(Bases(64, kA));
  if (probe.size() < 2) return "";
  if (probe.covers[1].start != probe.covers[0].end()) return overlap;
  return probe.covers[0].length == 1 ? "its tokens are single bases" : "";
}

// Cuts made by the tokens of some cells, as (region, position), and how many a grid forced.
class CutCollector {
 public:
  CutCollector(const Tokenizer& tokenizer, const std::vector<Studied>& regions, int threads,
               Segmentation* out)
      : tokenizer_(tokenizer), regions_(regions), threads_(threads), out_(out) {}

  void add(TokenizeCell&& cell) {
    waiting_bases_ += static_cast<int64_t>(cell.bases.size());
    waiting_.push_back(std::move(cell));
    if (waiting_bases_ >= kBatchBases * threads_) flush();
  }
  void flush() {
    std::vector<std::vector<int64_t>> starts(waiting_.size());
    std::vector<int64_t> forced(waiting_.size(), 0);
    parallel_for(static_cast<int64_t>(waiting_.size()), 1, threads_,
                 [&](int64_t begin, int64_t end) {
                   for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
                     starts[i] = cuts_of(waiting_[i], &forced[i]);
                 });
    for (size_t i = 0; i < waiting_.size(); ++i) {
      const size_t region = region_of(waiting_[i]);
      const Interval& where = regions_[region].where;
      for (const int64_t cut : starts[i]) {
        if (cut > where.start && cut < where.end) out_->cuts[region].push_back(cut);
      }
      out_->forced += forced[i];
    }
    waiting_.clear();
    waiting_bases_ = 0;
  }

 private:
  static constexpr int64_t kBatchBases = 1 << 18;

  std::vector<int64_t> cuts_of(const TokenizeCell& cell, int64_t* forced) const {
    const Window window = {cell.bases, {.start = cell.start, .end = cell.end()}};
    const Tokens tokens = std::move(tokenizer_.encode(std::span(&window, 1)).front());
    const std::vector<float>* marks = nullptr;
    for (const TokenColumn& column : tokens.columns) {
      if (column.name == kForcedColumn) marks = &column.values;
    }
    std::vector<int64_t> cuts;
    for (const TokenizeCell::Range& range : cell.asked) {
      for (size_t t = 0; t < tokens.size(); ++t) {
        const int64_t start = cell.start + int64_t{tokens.covers[t].start};
        const int64_t end = cell.start + int64_t{tokens.covers[t].end()};
        // A unit that crosses the region's edge still ends, or starts, inside it.
        if (start >= range.start && start < range.end) {
          cuts.push_back(start);
          *forced += marks != nullptr && (static_cast<int>((*marks)[t]) & kForcedStart) != 0;
        }
        if (end > range.start && end <= range.end) cuts.push_back(end);
      }
    }
    sort_unique(&cuts);
    return cuts;
  }

  size_t region_of(const TokenizeCell& cell) const {
    const int64_t position = cell.asked.front().start;
    for (size_t i = 0; i < regions_.size(); ++i) {
      const Interval& where = regions_[i].where;
      if (where.contig == *cell.name && position >= where.start && position < where.end) return i;
    }
    throw InternalError("a cell of tokens lies in no region that is studied");
  }

  const Tokenizer& tokenizer_;
  const std::vector<Studied>& regions_;
  int threads_;
  Segmentation* out_;
  std::vector<TokenizeCell> waiting_;
  int64_t waiting_bases_ = 0;
};

}  // namespace

void sort_unique(std::vector<int64_t>* positions) {
  std::sort(positions->begin(), positions->end());
  positions->erase(std::unique(positions->begin(), positions->end()), positions->end());
}

int64_t Segmentation::count() const {
  int64_t sum = 0;
  for (const std::vector<int64_t>& each : cuts) sum += static_cast<int64_t>(each.size());
  return sum;
}

std::vector<Studied> studied_regions(const Genome& genome, std::vector<Interval> regions) {
  if (regions.empty()) {
    for (const Contig& contig : genome.contigs())
      regions.push_back({contig.name, 0, contig.length, '.'});
  }
  std::vector<Studied> all;
  for (const Interval& region : checked_regions(genome, std::move(regions))) {
    Studied one;
    one.contig = genome.contig_index(region.contig);
    one.where = region;
    one.where.contig = genome.contigs()[static_cast<size_t>(one.contig)].name;
    if (region.start < region.end) all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(), [](const Studied& a, const Studied& b) {
    return std::pair(a.contig, a.where.start) < std::pair(b.contig, b.where.start);
  });
  std::vector<Studied> joined;
  for (Studied& one : all) {
    if (!joined.empty() && joined.back().contig == one.contig &&
        one.where.start <= joined.back().where.end) {
      joined.back().where.end = std::max(joined.back().where.end, one.where.end);
    } else {
      joined.push_back(std::move(one));
    }
  }
  for (Studied& one : joined) {
    one.bases.resize(static_cast<size_t>(one.where.length()));
    genome.fetch(one.contig, one.where.start, one.where.end, one.bases.data());
  }
  return joined;
}

Segmentation segment(const std::string& name, const Tokenizer& tokenizer, int64_t own_lines,
                     const Genome& genome, const std::vector<Studied>& regions, int threads) {
  Segmentation out;
  out.name = name;
  out.about = tokenizer.describe();
  out.cuts.resize(regions.size());
  out.none = nothing_to_compare(tokenizer);
  if (!out.none.empty()) return out;
  std::vector<Interval> asked;
  for (const Studied& region : regions) asked.push_back(region.where);
  const TokenizeGrid grid(tokenizer, TokenizeRequest().window, own_lines);
  CutCollector collector(tokenizer, regions, own_lines > 0 ? 1 : threads, &out);
  cells_of_genome(genome, asked, grid,
                  [&](TokenizeCell&& cell) { collector.add(std::move(cell)); });
  collector.flush();
  for (std::vector<int64_t>& cuts : out.cuts) sort_unique(&cuts);
  return out;
}

Segmentation segments_of_bed(const std::string& name, const std::string& path, const Genome& genome,
                             const std::vector<Studied>& regions) {
  Segmentation out;
  out.name = name;
  out.about = path;
  out.cuts.resize(regions.size());
  for (const Feature& feature : read_features(path)) {
    const int contig = genome.contig_index(feature.where.contig);
    for (size_t i = 0; i < regions.size(); ++i) {
      const Interval& where = regions[i].where;
      if (regions[i].contig != contig) continue;
      for (const int64_t edge : {feature.where.start, feature.where.end}) {
        if (edge > where.start && edge < where.end) out.cuts[i].push_back(edge);
      }
    }
  }
  for (std::vector<int64_t>& cuts : out.cuts) sort_unique(&cuts);
  return out;
}

Segmentation ruler(int64_t step, int64_t phase, const std::vector<Studied>& regions) {
  Segmentation out;
  out.name = fmt::format("every {} bases, +{}", step, phase);
  out.about = fmt::format("a ruler: cuts every {} bases of the contig, from base {}", step, phase);
  for (const Studied& region : regions) {
    std::vector<int64_t> cuts;
    const int64_t first = (region.where.start + step - phase) / step * step + phase;
    for (int64_t at = first; at < region.where.end; at += step) {
      if (at > region.where.start) cuts.push_back(at);
    }
    out.cuts.push_back(std::move(cuts));
  }
  return out;
}

std::vector<int64_t> unit_edges(const Studied& region, const std::vector<int64_t>& cuts) {
  std::vector<int64_t> edges = {region.where.start};
  edges.insert(edges.end(), cuts.begin(), cuts.end());
  edges.push_back(region.where.end);
  return edges;
}

}  // namespace lexome
