// Rows for the tasks: sequences cut to what a model takes, and batches of rows of similar length.
// Shared by fine-tuning, prediction and embedding.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "data/collate.h"
#include "data/labelled.h"
#include "lexome/tokenizer.h"

namespace lexome {

// The bases of a sequence that a model of `max_tokens` (specials included) can take, as a range of
// it: all of them, or the part that `keep` names ("middle" or "head").
class RowFitter {
 public:
  RowFitter(std::shared_ptr<const Tokenizer> tokenizer, int64_t max_tokens, std::string keep);
  // [first, second) of the bases.
  std::pair<int64_t, int64_t> fit(BasesView bases) const;
  // Cuts in place (coordinates too) and counts.
  void cut(LabelledRow* row);
  void cut(LabelledSet* set);
  // Says once how many rows were cut, if any.
  void say(const std::string& what) const;
  int64_t num_cut() const { return num_cut_; }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  int64_t room_;  // tokens without specials
  std::string keep_;
  int64_t num_rows_ = 0, num_cut_ = 0, bases_lost_ = 0, longest_ = 0;
};

// Number of special tokens that collation adds to a row.
int64_t num_added_specials(const Tokenizer& tokenizer);

// Groups of items of similar length, longest first, so that padding is little: at most `rows` items
// and about `cells` padded positions a group, one item at least. Items are named by their index.
std::vector<std::vector<int64_t>> group_by_length(std::span<const int64_t> lengths, int64_t rows,
                                                  int64_t cells);

// Batches of a labelled set. Training batch `index` is a pure function of (seed, index): every
// epoch shuffles the rows, pools of 16 batches are sorted by length, and the batches are shuffled
// again.
class LabelledBatches {
 public:
  // With `both_strands` each row is reverse-complemented with chance 1/2, afresh in every epoch.
  LabelledBatches(const LabelledSet& set, std::shared_ptr<const Collator> collator, int64_t rows,
                  uint64_t seed, bool both_strands);
  int64_t per_epoch() const;
  Batch training_batch(uint64_t index) const;
  // Row indices of training batch `index`, for training on stored features.
  std::vector<int64_t> training_rows(uint64_t index) const;
  // The rows named, with labels.
  Batch batch_of(std::span<const int64_t> rows) const;

 private:
  using Epoch = std::vector<std::vector<int64_t>>;
  std::shared_ptr<const Epoch> epoch(uint64_t number) const;
  void add_labels(std::span<const int64_t> rows, Batch* batch) const;

  const LabelledSet& set_;
  std::shared_ptr<const Collator> collator_;
  int64_t rows_;
  uint64_t seed_;
  bool both_strands_;
  mutable std::mutex mutex_;
  mutable std::map<uint64_t, std::shared_ptr<const Epoch>> epochs_;  // the last few
};

}  // namespace lexome
