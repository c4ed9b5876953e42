// Labelled data sets out of what users have: peaks or other intervals on a genome, with negatives
// that differ from them in nothing but what is to be learned; or whole labelled genomes, cut into
// windows. Splits follow contigs and homology groups, and near copies stay on one side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/genome.h"
#include "lexome/options.h"

namespace lexome {

struct DatasetOptions {
  int64_t width = 500;
  std::string center = "auto";               // auto | summit | middle | start
  std::string negatives = "auto";            // auto | gc-matched | shuffle-dinuc | none | bed:FILE
  int64_t ratio = 1;                         // negatives for each positive
  std::string test, dev;                     // contigs, regions, group:NAME; genomes with `from`
  double test_share = 0.1, dev_share = 0.1;  // when neither is named
  double max_n = 0.05;                       // windows with a larger share of N are left out
  std::string near_copies = "auto";          // auto | drop | keep
  std::string kind;                          // GFF and GTF: features of this kind only
  int64_t stride = 0;                        // with `from`; 0: the width
  Fields fields();                           // section "dataset"
};

struct DatasetRequest {
  DatasetOptions options;
  std::string peaks;                 // BED, narrowPeak, GFF, GTF; empty with `from`
  std::vector<std::string> genomes;  // specs as given to -g
  GenomeOptions genome_options;
  std::vector<std::string> exclude;  // BED files of places to keep out of
  std::string signal;                // bedGraph: targets are its means over windows
  std::string from, labels;          // FASTA of labelled genomes, table of their labels
  std::string label_column;          // of that table; empty: "label"
  std::string out;                   // folder
  bool force = false;
  bool skip_bad = false;  // count intervals that are off the genome instead of refusing the file
  uint64_t seed = 1;
  int threads = 1;
  std::string command;
};

// One line of dataset.tsv: items that were kept or left out, and why.
struct DatasetCount {
  std::string kind;   // kept | left-out
  std::string part;   // train | dev | test; empty: before items had a part
  std::string label;  // empty: any
  int64_t items = 0;
  double gc = 0, masked = 0;  // mean shares, of kept items
  std::string words;
};

// Writes train.csv, dev.csv, test.csv (sequence,label,contig,start,end,strand,name; no file for a
// part that is not asked for) and dataset.tsv, and returns the latter's lines. The same for any
// number of threads. ConfigError: options that contradict each other. InputError: intervals off
// their contig, contigs no genome has, no intervals, no windows, no negatives to be found, a part
// without items; each with its place and a remedy. Nothing is left behind then.
std::vector<DatasetCount> make_dataset(const DatasetRequest& request);

}  // namespace lexome
