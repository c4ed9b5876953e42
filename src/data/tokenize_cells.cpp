// Cuts FASTA streams and genomes into cells of the grid. A FASTA stream holds one cell at a time.
#include "data/tokenize_cells.h"

#include <algorithm>
#include <utility>

#include "genome/fasta.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kProbe = 4096;  // bases from which the step of regular tokens is read
// Where cells change no token their size is ours to choose.
constexpr int64_t kRegularCell = 1 << 17, kOwnLinesCell = 1 << 16;

// Feeds the bases of one record to the sink cell by cell.
class RecordCells {
 public:
  RecordCells(std::string_view name, const TokenizeGrid& grid, const TokenizeSink& sink)
      : name_(std::make_shared<const std::string>(name)), grid_(grid), sink_(sink) {}

  void add(std::string_view letters) {
    for (const char letter : letters) bases_.push_back(kBaseOfChar[static_cast<uint8_t>(letter)]);
    emit_whole(grid_.context().right);
    const int64_t kept = std::max(first_, line_ - grid_.context().left);
    bases_.erase(bases_.begin(), bases_.begin() + (kept - first_));
    first_ = kept;
  }
  void finish() {
    emit_whole(0);
    emit(end());
  }

 private:
  int64_t end() const { return first_ + static_cast<int64_t>(bases_.size()); }
  // A line starts a cell only where the sequence goes on past the cell before.
  void emit_whole(int64_t beyond) {
    const int64_t whole = grid_.window() + grid_.flank();
    for (; end() > line_ + whole + beyond; line_ += grid_.window()) emit(line_ + whole);
  }
  void emit(int64_t cell_end) {
    TokenizeCell cell;
    cell.name = name_;
    cell.start = std::max<int64_t>(0, line_ - grid_.context().left);
    const int64_t last = std::min(end(), cell_end + grid_.context().right);
    cell.bases.assign(bases_.begin() + (cell.start - first_), bases_.begin() + (last - first_));
    cell.asked.push_back({line_, cell_end});
    sink_(std::move(cell));
  }

  std::shared_ptr<const std::string> name_;
  const TokenizeGrid& grid_;
  const TokenizeSink& sink_;
  int64_t line_ = 0;   // where the next cell starts
  int64_t first_ = 0;  // of bases_
  Bases bases_;
};

}  // namespace

TokenizeGrid::TokenizeGrid(const Tokenizer& tokenizer, int64_t window, int64_t own_lines)
    : window_(window), spacing_(window) {
  if (window < 1) {
    throw ConfigError("--window " + std::to_string(window) + ": must be at least 1");
  }
  if (own_lines > 0) {
    context_ = tokenizer.sees();
    spacing_ = own_lines;
    window_ = std::max<int64_t>(1, kOwnLinesCell / own_lines) * own_lines;
    return;
  }
  if (!tokenizer.regular()) return;
  const Tokens probe = tokenizer.encode_one(Bases(kProbe, kA));
  if (!probe.covers.is_regular() || probe.size() < 2) return;
  const Cover first = probe.covers[0];
  const int64_t step = int64_t{probe.covers[1].start} - first.start;
  const Sees sees = tokenizer.sees();
  if (sees.left != 0 || sees.right != 0 || step < 1) return;
  cuts_ = false;
  first_ = first.start;
  step_ = step;
  window_ = std::max<int64_t>(1, kRegularCell / step) * step;
  flank_ = std::max<int64_t>(0, int64_t{first.end()} - step);
}

int64_t TokenizeGrid::line_before(int64_t position) const {
  return start_before(position) / window_ * window_;
}

int64_t TokenizeGrid::start_before(int64_t position) const {
  if (cuts_) return position / spacing_ * spacing_;
  return std::max<int64_t>(0, position - first_) / step_ * step_;
}

int64_t TokenizeGrid::end_after(int64_t position) const {
  return cuts_ ? (position + spacing_ - 1) / spacing_ * spacing_ : position;
}

void cells_of_fasta(const std::vector<std::string>& paths, const TokenizeGrid& grid, int threads,
                    const TokenizeSink& sink) {
  for (const std::string& path : paths) {
    FastaReader reader(path, threads);
    std::unique_ptr<RecordCells> record;
    reader.read(
        [&](std::string_view name, std::string_view) {
          if (record != nullptr) record->finish();
          record = std::make_unique<RecordCells>(name, grid, sink);
        },
        [&](std::string_view letters) { record->add(letters); });
    if (record != nullptr) record->finish();
  }
}

std::vector<Interval> checked_regions(const Genome& genome, std::vector<Interval> regions) {
  for (Interval& region : regions) {
    const int contig = genome.contig_index(region.contig);
    const int64_t length = genome.contigs()[static_cast<size_t>(contig)].length;
    const int64_t end = region.end < 0 ? length : region.end;
    if (region.start < 0 || end > length || region.start > end) {
      throw InputError("region " + to_region(region) + " is off the contig, which has " +
                       std::to_string(length) + " bases");
    }
    region.end = end;
  }
  return regions;
}

void cells_of_genome(const Genome& genome, const std::vector<Interval>& regions,
                     const TokenizeGrid& grid, const TokenizeSink& sink) {
  std::vector<Interval> wanted = regions;
  if (wanted.empty()) {
    for (const Contig& contig : genome.contigs())
      wanted.push_back({contig.name, 0, contig.length, '.'});
  }
  TokenizeCell cell;
  for (const Interval& region : wanted) {
    const int contig = genome.contig_index(region.contig);
    const int64_t length = genome.contigs()[static_cast<size_t>(contig)].length;
    const int64_t end = region.end;
    const auto name =
        std::make_shared<const std::string>(genome.contigs()[static_cast<size_t>(contig)].name);
    const int64_t first = grid.line_before(region.start);
    for (int64_t line = first; line == first || (line < end && grid.has_cell(line, length));
         line += grid.window()) {
      const int64_t start = std::max(line, grid.start_before(region.start));
      const int64_t line_end = std::min(length, line + grid.window() + grid.flank());
      const int64_t cell_end = std::clamp(grid.end_after(end), start, line_end);
      const TokenizeCell::Range asked = {std::max(start, region.start), std::min(end, cell_end)};
      const int64_t from = std::max<int64_t>(0, start - grid.context().left);
      const int64_t to = std::min(length, cell_end + grid.context().right);
      // Neighbouring regions in one cell are encoded together.
      if (!cell.asked.empty() && *cell.name == *name && cell.start == from && cell.end() == to) {
        cell.asked.push_back(asked);
        continue;
      }
      if (!cell.asked.empty()) sink(std::move(cell));
      cell = {};
      cell.name = name;
      cell.start = from;
      cell.asked.push_back(asked);
      cell.bases.resize(static_cast<size_t>(to - from));
      genome.fetch(contig, from, to, cell.bases.data());
    }
  }
  if (!cell.asked.empty()) sink(std::move(cell));
}

}  // namespace lexome
