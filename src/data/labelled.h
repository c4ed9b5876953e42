// Labelled sequences from the files people have: CSV/TSV (columns found or named), FASTA (label in
// the header, or one file a class), DNABERT's k-mer TSV (joined back to bases). Binary, multi-class
// and regression. Bad rows are refused with their line number, or counted with skip_bad.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lexome/bases.h"
#include "lexome/interval.h"

namespace lexome {

struct LabelledOptions {
  std::string sequence_column, label_column;  // empty: found
  bool skip_bad = false;
  bool regression = false;  // labels are numbers to predict, not classes
  bool need_labels = true;  // predict reads files without labels
  bool partial = false;     // a dev or test file: classes may be missing; align_classes follows
};

struct LabelledRow {
  std::string name;  // from a name column or header, else "row<N>"
  Bases bases;
  Interval where;  // contig empty when not given
  int32_t label = -1;
  float value = 0;
  int64_t line = 0;  // of its file; 0 for a row that no file holds
};

struct LabelledSet {
  std::vector<LabelledRow> rows;
  std::vector<std::string>
      classes;  // label index -> text as it stood in the file (sorted, numeric if numbers)
  bool regression = false;
  int64_t skipped = 0;
  std::string path, sha256;  // sha256 of the bases and labels, whatever file they came in

  // Re-maps labels to another set's classes; InputError names a class unknown there.
  void align_classes(const std::vector<std::string>& known);
};

// `path` may hold several files with classes by file ("promoter=a.fa,other=b.fa"), or be a folder
// of one folder a class, whose files hold plain sequences, or intervals on a genome
// ("peaks.bed@genome.2bit", src/data/labelled_intervals.h). InputError: missing columns, label gap,
// one class only, empty file, bad rows.
LabelledSet read_labelled(const std::string& path, const LabelledOptions& options);

// A row at a time for streams ("-"); false at the end.
class LabelledReader {
 public:
  LabelledReader(const std::string& path, const LabelledOptions& options);
  ~LabelledReader();
  bool next(LabelledRow* row, std::string* label_text);
  int64_t line_number() const;
  int64_t skipped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A stratified split: indices of the second part (share of each class, or of each tenth of the
// values), ordered, a pure function of the seed. Copies of one sequence, on either strand, stay
// together.
std::vector<int64_t> stratified_split(const LabelledSet& set, double share, uint64_t seed);

// The rows named, in that order, with the hash of what they hold.
LabelledSet select_rows(const LabelledSet& set, const std::vector<int64_t>& rows);

// One text for a sequence and its reverse complement: what makes two rows copies of one another.
std::string canonical_text(BasesView bases);

}  // namespace lexome
