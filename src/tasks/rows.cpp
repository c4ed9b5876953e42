#include "tasks/rows.h"

#include <algorithm>
#include <numeric>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kPoolBatches = 16;

template <class Item>
void shuffle(std::vector<Item>* items, Random* random) {
  for (size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[random->below(i)]);
}

}  // namespace

int64_t num_added_specials(const Tokenizer& tokenizer) {
  if (tokenizer.num_levels() == 0) return 0;
  const SpecialIds specials = tokenizer.specials(0);
  return int64_t{specials.cls >= 0} + int64_t{specials.sep >= 0};
}

RowFitter::RowFitter(std::shared_ptr<const Tokenizer> tokenizer, int64_t max_tokens,
                     std::string keep)
    : tokenizer_(std::move(tokenizer)),
      room_(max_tokens - num_added_specials(*tokenizer_)),
      keep_(std::move(keep)) {
  if (room_ < 1) throw InternalError("a model without room for one token; please report this");
}

std::pair<int64_t, int64_t> RowFitter::fit(BasesView bases) const {
  int64_t begin = 0, end = static_cast<int64_t>(bases.size());
  // Every token starts at a base of its own, so that few bases need no look. Cutting moves the
  // borders of variable-length tokens, which may take one more round or two.
  while (end - begin > room_) {
    const Tokens tokens = tokenizer_->encode_one(bases.subspan(begin, end - begin));
    const auto count = static_cast<int64_t>(tokens.size());
    if (count <= room_) break;
    const int64_t first = keep_ == "middle" ? (count - room_) / 2 : 0;
    const int64_t origin = begin;
    begin = origin + tokens.covers[first].start;
    end = origin + tokens.covers[first + room_ - 1].end();
  }
  return {begin, end};
}

void RowFitter::cut(LabelledRow* row) {
  ++num_rows_;
  const auto length = static_cast<int64_t>(row->bases.size());
  longest_ = std::max(longest_, length);
  const auto [begin, end] = fit(row->bases);
  if (end - begin == length) return;
  ++num_cut_;
  bases_lost_ += length - (end - begin);
  row->bases = Bases(row->bases.begin() + begin, row->bases.begin() + end);
  if (row->where.contig.empty()) return;
  Interval& where = row->where;
  const int64_t start = where.start, stop = where.end;
  where.start = where.strand == '-' ? stop - end : start + begin;
  where.end = where.strand == '-' ? stop - begin : start + end;
}

void RowFitter::cut(LabelledSet* set) {
  for (LabelledRow& row : set->rows) cut(&row);
}

void RowFitter::say(const std::string& what) const {
  if (num_cut_ == 0) return;
  log::warn_once(
      "{}: {} of {} sequences are longer than the model takes ({} tokens); kept {} of each, {} "
      "bases left out (longest sequence {} bases)",
      what, with_commas(num_cut_), with_commas(num_rows_), room_,
      keep_ == "middle" ? "the middle" : "the head", with_commas(bases_lost_),
      with_commas(longest_));
}

std::vector<std::vector<int64_t>> group_by_length(std::span<const int64_t> lengths, int64_t rows,
                                                  int64_t cells) {
  std::vector<int64_t> order(lengths.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return lengths[a] > lengths[b]; });
  std::vector<std::vector<int64_t>> groups;
  for (size_t i = 0; i < order.size();) {
    const int64_t widest = std::max<int64_t>(1, lengths[order[i]]);
    const auto take = static_cast<size_t>(std::clamp<int64_t>(cells / widest, 1, rows));
    const size_t end = std::min(order.size(), i + take);
    groups.emplace_back(order.begin() + static_cast<int64_t>(i),
                        order.begin() + static_cast<int64_t>(end));
    i = end;
  }
  return groups;
}

LabelledBatches::LabelledBatches(const LabelledSet& set, std::shared_ptr<const Collator> collator,
                                 int64_t rows, uint64_t seed, bool both_strands)
    : set_(set),
      collator_(std::move(collator)),
      rows_(rows),
      seed_(seed),
      both_strands_(both_strands) {}

int64_t LabelledBatches::per_epoch() const {
  return (static_cast<int64_t>(set_.rows.size()) + rows_ - 1) / rows_;
}

std::shared_ptr<const LabelledBatches::Epoch> LabelledBatches::epoch(uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto known = epochs_.find(number);
  if (known != epochs_.end()) return known->second;
  Random random(seed_, Purpose::kShuffle, number);
  std::vector<int64_t> order(set_.rows.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  shuffle(&order, &random);
  auto batches = std::make_shared<Epoch>();
  const auto pool = static_cast<size_t>(rows_ * kPoolBatches);
  for (size_t begin = 0; begin < order.size(); begin += pool) {
    const size_t end = std::min(order.size(), begin + pool);
    std::stable_sort(order.begin() + static_cast<int64_t>(begin),
                     order.begin() + static_cast<int64_t>(end), [&](int64_t a, int64_t b) {
                       return set_.rows[a].bases.size() > set_.rows[b].bases.size();
                     });
    for (size_t i = begin; i < end; i += static_cast<size_t>(rows_)) {
      const size_t stop = std::min(end, i + static_cast<size_t>(rows_));
      batches->emplace_back(order.begin() + static_cast<int64_t>(i),
                            order.begin() + static_cast<int64_t>(stop));
    }
  }
  shuffle(batches.get(), &random);
  // Workers run ahead by a few batches only, so that two epochs are in use at most.
  while (epochs_.size() > 2) epochs_.erase(epochs_.begin());
  epochs_[number] = batches;
  return batches;
}

std::vector<int64_t> LabelledBatches::training_rows(uint64_t index) const {
  const auto count = static_cast<uint64_t>(per_epoch());
  return (*epoch(index / count))[index % count];
}

Batch LabelledBatches::training_batch(uint64_t index) const {
  const std::vector<int64_t> rows = training_rows(index);
  if (!both_strands_) return batch_of(rows);
  const uint64_t number = index / static_cast<uint64_t>(per_epoch());
  std::vector<Bases> turned(rows.size());
  std::vector<Window> windows(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Bases& bases = set_.rows[rows[i]].bases;
    Random random(seed_, Purpose::kSample, number, static_cast<uint64_t>(rows[i]));
    if (random.chance(0.5)) {
      turned[i] = reverse_complement(bases);
      windows[i].bases = turned[i];
    } else {
      windows[i].bases = bases;
    }
  }
  Batch batch = collator_->collate(windows, {}, 0);
  add_labels(rows, &batch);
  return batch;
}

Batch LabelledBatches::batch_of(std::span<const int64_t> rows) const {
  std::vector<Window> windows(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) windows[i].bases = set_.rows[rows[i]].bases;
  Batch batch = collator_->collate(windows, {}, 0);
  add_labels(rows, &batch);
  return batch;
}

void LabelledBatches::add_labels(std::span<const int64_t> rows, Batch* batch) const {
  for (const int64_t row : rows) {
    if (set_.regression) {
      batch->values.push_back(set_.rows[row].value);
    } else {
      batch->targets.push_back(set_.rows[row].label);
    }
  }
}

}  // namespace lexome
