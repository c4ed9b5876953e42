// Sequences cut into the windows that `embed` runs a model on, one record in memory at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/labelled.h"
#include "tasks/rows.h"

namespace lexome {

// One window of a sequence. Coordinates are within the sequence, 0-based and half-open.
struct EmbedWindow {
  std::string name;
  Interval where;  // of the whole sequence, contig empty when unknown
  int64_t start = 0, end = 0;
  int64_t own_start = 0,
          own_end = 0;  // the part that lies deeper in this window than in its neighbours
  Bases bases;          // of [start, end)
};

class EmbedWindows {
 public:
  // `window` 0: as many bases as the model takes; `stride` 0: no overlap. ConfigError when the
  // stride is longer than the window.
  EmbedWindows(const std::string& input, bool skip_bad, std::shared_ptr<const Tokenizer> tokenizer,
               int64_t max_tokens, int64_t window, int64_t stride);
  bool next(EmbedWindow* window);  // false at the end
  int64_t sequences() const { return sequences_; }
  int64_t skipped() const { return reader_.skipped(); }

 private:
  bool advance();
  int64_t end_from(int64_t begin) const;

  LabelledReader reader_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  RowFitter fitter_;
  int64_t room_, window_, stride_, longest_window_;
  LabelledRow row_;
  bool open_ = false;
  int64_t begin_ = 0, own_begin_ = 0, sequences_ = 0;
};

}  // namespace lexome
