// Windows in the order a run meets them, as batches. Pure in the number of the batch.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "data/collate.h"
#include "data/window_plan.h"
#include "lexome/batch.h"
#include "train/pretrain.h"

namespace lexome {

class WindowBatches {
 public:
  using Use = std::function<void(const Batch& batch)>;

  // All of them must outlive this.
  WindowBatches(const WindowPlan& plan, const Collator& collator, const PretrainConfig& config,
                uint64_t seed);
  Batch training(uint64_t index) const;
  // Batches spread over the whole training, of about so many windows together.
  void sample(uint64_t windows, const Use& use) const;
  // The held-out windows of the validation loss, with masks that never change.
  void held_out(const Use& use) const;

 private:
  void measure_tokens_per_base();
  int64_t tokens_of(int64_t bases) const;
  int64_t rows_of_full_length() const;
  Batch collate(const std::vector<Locus>& loci, const std::vector<MaskKey>& keys,
                double progress) const;

  const WindowPlan& plan_;
  const Collator& collator_;
  const PretrainConfig& config_;
  uint64_t seed_;
  bool tiled_;
  double tokens_per_base_ = 1;
};

}  // namespace lexome
