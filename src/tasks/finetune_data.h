// The labelled sets of a fine-tuning run: read, made to agree on classes, a dev set split off when
// none is given, and test rows that also stand in the training side found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/labelled.h"
#include "lexome/engine.h"
#include "tasks/finetune_options.h"

namespace lexome {

// Equal sequences in two sets, on either strand.
struct Duplicates {
  int64_t same = 0;            // rows that stand in the other set as they are
  int64_t reversed = 0;        // rows of which only the reverse complement stands there
  int64_t other_label = 0;     // of both: rows that never stand there with their own label
  std::vector<uint8_t> found;  // one flag a row
};
Duplicates find_duplicates(const LabelledSet& rows, const std::vector<const LabelledSet*>& others);

struct FinetuneData {
  LabelledSet train, dev, test;  // test has no rows when no test file is given
  bool dev_is_split = false;
  Duplicates test_duplicates;  // of test rows in train and dev
  Duplicates dev_duplicates;   // of dev rows in train
};

// InputError: what read_labelled refuses, a class of dev or test unknown in train, too few rows to
// split.
FinetuneData read_finetune_data(const FinetuneRequest& request, const FinetuneOptions& options);

// A name for the task of a labelled file: "prom/prom_core_tata" for
// ".../prom/prom_core_tata/train.csv".
std::string task_name(const std::string& path);

}  // namespace lexome
