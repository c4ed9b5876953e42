// What the ways to make a data set share: its parts, the items in them, and the checks and files
// at the end.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/labelled.h"
#include "lexome/window.h"

namespace lexome {

inline constexpr std::array<const char*, 3> kPartNames = {"train", "dev", "test"};
inline constexpr int kNoPart = -1;  // across a border

// An item on its way into a part. Bases are of the strand of the locus.
struct DatasetItem {
  Locus where;
  std::string name;
  Bases bases;
  double gc = 0, masked = 0;
};

double gc_share(BasesView bases);

struct DatasetParts {
  std::array<LabelledSet, 3> sets;  // as kPartNames
  // Share of soft-masked bases of each row; below 0 where it means nothing (shuffled rows).
  std::array<std::vector<float>, 3> masked;
  std::vector<DatasetCount> left_out;
  std::vector<std::string> label_texts;  // of classes; empty for values
  void leave_out(const std::string& part, int64_t items, const std::string& words);
};

// Leaves rows of dev and test out that are near copies of rows in a part before theirs.
void drop_near_copies(DatasetParts* parts, int threads);

// The audit's view of what was made, said in a line for every part that holds near copies of one
// before it.
void say_near_copies(const DatasetParts& parts, int threads);

// The folder; see make_dataset. InputError when a part that is wanted has no rows.
std::vector<DatasetCount> write_dataset(const DatasetRequest& request, const DatasetParts& parts);

// Windows of labelled genomes: --from.
DatasetParts windows_of_genomes(const DatasetRequest& request);
// Windows around intervals, with negatives or targets.
DatasetParts windows_of_peaks(const DatasetRequest& request);

}  // namespace lexome
