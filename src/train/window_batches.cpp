#include "train/window_batches.h"

#include <algorithm>
#include <cmath>

namespace lexome {
namespace {

constexpr uint64_t kEvaluationSeed =
    0;  // held-out windows and their masks are the same for every run

}  // namespace

WindowBatches::WindowBatches(const WindowPlan& plan, const Collator& collator,
                             const PretrainConfig& config, uint64_t seed)
    : plan_(plan),
      collator_(collator),
      config_(config),
      seed_(seed),
      tiled_(config.windows.layout == "tiled") {
  measure_tokens_per_base();
}

Batch WindowBatches::training(uint64_t index) const {
  const TrainOptions& train = config_.train;
  const auto all = static_cast<double>(train.steps) * static_cast<double>(train.accumulate);
  const double progress = std::min(static_cast<double>(index) / all, std::nextafter(1.0, 0.0));
  std::vector<Locus> loci;
  std::vector<MaskKey> keys;
  const auto rows =
      static_cast<uint64_t>(train.batch_tokens > 0 && tiled_ ? rows_of_full_length() : train.batch);
  int64_t longest = 0;
  for (uint64_t row = 0;; ++row) {
    // Random layout: a batch is an epoch of its own, so that its rows need no count of earlier
    // ones.
    MaskKey key{seed_, index, row};
    if (tiled_) {
      const auto tiles = static_cast<uint64_t>(plan_.tiled_count(Side::kTrain));
      key = {seed_, (index * rows + row) / tiles, (index * rows + row) % tiles};
    }
    const bool by_tokens = train.batch_tokens > 0 && !tiled_;
    if (!by_tokens && row == rows) break;
    const Locus locus = plan_.window(Side::kTrain, seed_, key.epoch, key.index);
    if (by_tokens) {
      longest = std::max(longest, tokens_of(locus.end - locus.start));
      if (row > 0 && longest * static_cast<int64_t>(row + 1) > train.batch_tokens) break;
    }
    loci.push_back(locus);
    keys.push_back(key);
  }
  return collate(loci, keys, progress);
}

void WindowBatches::sample(uint64_t windows, const Use& use) const {
  const TrainOptions& train = config_.train;
  const auto all = static_cast<uint64_t>(train.steps * train.accumulate);
  const auto rows = static_cast<uint64_t>(std::max<int64_t>(1, train.batch));
  const uint64_t looks = std::clamp<uint64_t>(windows / rows, 1, all);
  for (uint64_t look = 0; look < looks; ++look) use(training(look * all / looks));
}

void WindowBatches::held_out(const Use& use) const {
  const auto available = static_cast<uint64_t>(
      tiled_ ? std::min(config_.loss_windows, plan_.tiled_count(Side::kValidation))
             : config_.loss_windows);
  const auto rows = static_cast<uint64_t>(config_.train.batch);
  for (uint64_t first = 0; first < available; first += rows) {
    std::vector<Locus> loci;
    std::vector<MaskKey> keys;
    for (uint64_t i = first; i < std::min(first + rows, available); ++i) {
      loci.push_back(plan_.window(Side::kValidation, kEvaluationSeed, 0, i));
      keys.push_back({kEvaluationSeed, 0, i});
    }
    use(collate(loci, keys, 0.0));
  }
}

void WindowBatches::measure_tokens_per_base() {
  int64_t tokens = 0, bases = 0;
  Bases letters;
  for (uint64_t i = 0; i < 16; ++i) {
    plan_.fetch(
        plan_.window(Side::kTrain, kEvaluationSeed, 0,
                     tiled_ ? i % static_cast<uint64_t>(plan_.tiled_count(Side::kTrain)) : i),
        &letters);
    tokens += static_cast<int64_t>(collator_.tokenizer().encode_one(letters).size());
    bases += static_cast<int64_t>(letters.size());
  }
  tokens_per_base_ = static_cast<double>(tokens) / static_cast<double>(std::max<int64_t>(1, bases));
}

int64_t WindowBatches::tokens_of(int64_t bases) const {
  return 2 + static_cast<int64_t>(std::ceil(tokens_per_base_ * static_cast<double>(bases)));
}

int64_t WindowBatches::rows_of_full_length() const {
  return std::max<int64_t>(1, config_.train.batch_tokens / tokens_of(config_.windows.length));
}

Batch WindowBatches::collate(const std::vector<Locus>& loci, const std::vector<MaskKey>& keys,
                             double progress) const {
  std::vector<Bases> letters(loci.size());
  std::vector<Window> windows(loci.size());
  for (size_t i = 0; i < loci.size(); ++i) {
    plan_.fetch(loci[i], &letters[i]);
    windows[i] = {letters[i], loci[i]};
  }
  return collator_.collate(windows, keys, progress);
}

}  // namespace lexome
