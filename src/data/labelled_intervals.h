// Intervals of a genome as labelled sequences, without a file of sequences between: a path like
// "peaks.bed@genome.2bit". The label is the interval's name unless asked otherwise.
#pragma once

#include <string>
#include <vector>

#include "data/labelled.h"
#include "genome/annotation.h"
#include "lexome/genome.h"

namespace lexome {

class LabelledIntervals {
 public:
  // Whether a path names intervals and a genome; no file of that very name may exist.
  static bool names(const std::string& path);
  explicit LabelledIntervals(const std::string& path);
  const std::string& path() const { return path_; }  // of the intervals alone
  // The next interval's line, 0 at the end.
  int64_t next_line();
  // The interval read last: bases of its strand, place, and the text of its label, which comes from
  // `column`: name, score or kind. InputError that opens with `place`.
  std::string read(const std::string& place, const std::string& column, LabelledRow* row) const;

 private:
  std::string path_;
  Genome genome_;
  std::vector<Feature> features_;
  size_t next_ = 0;
};

}  // namespace lexome
