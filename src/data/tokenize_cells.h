// How long sequences are cut for tokenizing, and the pieces themselves. A cell knows where it
// stands and which of its tokens are asked for; where tokens depend on what lies beyond them, it
// holds that too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lexome/genome.h"
#include "lexome/tokenizer.h"

namespace lexome {

struct TokenizeCell {
  struct Range {  // on the contig
    int64_t start = 0, end = 0;
  };
  std::shared_ptr<const std::string> name;
  int64_t start = 0;  // of its bases, on the contig
  Bases bases;
  std::vector<Range> asked;  // tokens with covers inside one are asked for, range by range

  int64_t end() const { return start + static_cast<int64_t>(bases.size()); }
};

// The lines of the grid. Where tokens follow from the length alone, cells overlap by `flank` bases,
// so that their tokens together are exactly those of the whole. A tokenizer that cuts contigs at
// lines of its own, `own_lines` bases apart (0: it has none), gets cells of many of these.
class TokenizeGrid {
 public:
  TokenizeGrid(const Tokenizer& tokenizer, int64_t window, int64_t own_lines = 0);
  bool cuts() const { return cuts_; }
  int64_t spacing() const { return spacing_; }  // of the lines at which tokens are cut
  const Sees& context() const { return context_; }
  int64_t window() const { return window_; }  // from cell to cell
  int64_t flank() const { return flank_; }
  // The last line before which no token of a region that starts at `position` begins.
  int64_t line_before(int64_t position) const;
  // Where encoding may start so that all tokens from `position` on come out: the line before,
  // unless tokens follow from the length alone.
  int64_t start_before(int64_t position) const;
  // Where encoding may end so that all tokens up to `position` come out.
  int64_t end_after(int64_t position) const;
  // Does a cell start at `line` in a sequence of this length?
  bool has_cell(int64_t line, int64_t length) const { return line == 0 || line + flank_ < length; }

 private:
  bool cuts_ = true;
  int64_t window_, spacing_, flank_ = 0;
  Sees context_;
  int64_t first_ = 0, step_ = 1;  // of tokens where nothing is cut
};

// Both call `sink` with the cells in order. Errors of the input and of the sink pass through.
using TokenizeSink = std::function<void(TokenizeCell&&)>;
void cells_of_fasta(const std::vector<std::string>& paths, const TokenizeGrid& grid, int threads,
                    const TokenizeSink& sink);
// The regions with their ends known: -1 is the end of the contig. InputError for an unknown contig
// and for a region off its contig.
std::vector<Interval> checked_regions(const Genome& genome, std::vector<Interval> regions);
// Checked regions; whole contigs when there are none.
void cells_of_genome(const Genome& genome, const std::vector<Interval>& regions,
                     const TokenizeGrid& grid, const TokenizeSink& sink);

}  // namespace lexome
