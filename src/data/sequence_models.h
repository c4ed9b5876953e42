// The simple models every language model must beat, trained on the training side's bases: an
// order-5 Markov model, and a two-sided count model (5 + 5 bases with back-off). Both give P(base)
// at a hidden position from what is visible around it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/window_plan.h"
#include "lexome/bases.h"

namespace lexome {

class SequenceModel {
 public:
  virtual ~SequenceModel() = default;
  // Probabilities of A, C, G, T at `position`; bases where hidden[i] != 0 must not be read.
  virtual std::array<double, 4> predict(BasesView bases, const std::vector<uint8_t>& hidden,
                                        int64_t position) const = 0;
};

// Order `order` over the `order` bases before; backs off to shorter contexts at hidden bases and N.
std::unique_ptr<SequenceModel> train_markov(const WindowPlan& plan, int order, int threads);
// `flank` bases on both sides; backs off by dropping the outermost bases.
std::unique_ptr<SequenceModel> train_two_sided(const WindowPlan& plan, int flank, int threads);

}  // namespace lexome
