// The yardstick all language models share: bits per hidden base. Fixed bases of held-out windows
// are hidden (isolated ones, and 11-base spans), every token that sees one is masked, and the
// probability of the true base is the token distribution marginalised over what is not visible.
//
// A masked token whose cover holds position p gives P_t(base at p): its distribution restricted to
// the spellings that agree with the visible bases of its cover, summed by the base they put at p.
// Several tokens over p are pooled by the geometric mean, renormalised. It is the pool that keeps
// Bayes' rule (updating before or after pooling is the same), it is never worse in bits than the
// average of its members, and for one token it changes nothing, so that tokenizers with one token a
// base are neither helped nor harmed. Variable-length tokens are cut again with the hidden bases as
// N: each is one masked position, and the first base of what is predicted there counts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/sequence_models.h"
#include "data/window_plan.h"
#include "lexome/batch.h"
#include "lexome/options.h"
#include "lexome/tokenizer.h"
#include "models/model.h"

namespace lexome {

struct BaseNllOptions {
  int64_t windows = 256;        // held-out windows at the end of a run
  int64_t windows_during = 32;  // the first of them, at each evaluation
  int64_t length = 0;           // bases a window; 0: as trained
  int64_t spacing = 32;         // one isolated hidden base in so many
  int64_t span = 11;            // bases a span
  int64_t span_spacing = 128;   // one span in so many
  int64_t batch = 16;           // windows a forward pass
  Fields fields();              // section "evaluate"
};

// Held-out windows of `options.length` bases with their hidden bases: the same for every model that
// shares a plan.
struct HiddenWindow {
  Bases bases;
  Locus locus;
  std::vector<uint8_t> isolated, spans;  // 1: hidden; one byte a base
};
std::vector<HiddenWindow> hidden_windows(const WindowPlan& plan, const BaseNllOptions& options);

// Bits of every hidden base, in order of window and position.
struct BaseNll {
  std::vector<float> isolated, spans;
  int64_t uncovered = 0;  // hidden bases no token covers; each counts 2 bits
  double mean_isolated() const;
  double mean_spans() const;
};

BaseNll model_base_nll(Model& model, const std::shared_ptr<const Tokenizer>& tokenizer,
                       std::span<const HiddenWindow> windows, const torch::Device& device,
                       bool bf16, int64_t rows);
BaseNll sequence_base_nll(const SequenceModel& model, std::span<const HiddenWindow> windows,
                          int threads);

// P(A, C, G, T) at hidden bases from token logits. Made once a tokenizer: the spellings as a table.
class BaseMarginals {
 public:
  explicit BaseMarginals(const Tokenizer& tokenizer);
  // Adds log P_t(base) of one masked token at every hidden position of its cover. `logits` has one
  // value an id; `log_sums` and `counts` run over the window's positions (4 and 1 a position).
  void add(std::span<const float> logits, BasesView bases, std::span<const uint8_t> hidden,
           Cover cover, std::span<double> log_sums, std::span<int> counts) const;

 private:
  void add_regular(std::span<const float> logits, BasesView bases, std::span<const uint8_t> hidden,
                   Cover cover, std::span<double> log_sums, std::span<int> counts) const;
  void add_first_base(std::span<const float> logits, std::span<const uint8_t> hidden, Cover cover,
                      std::span<double> log_sums, std::span<int> counts) const;
  bool regular_;
  // Regular covers: for each width, base-4 code of a spelling (first base most significant) -> id.
  std::map<uint32_t, std::vector<int32_t>> id_of_code_;
  // Others: the ids that spell something, and with which base they begin.
  std::vector<int32_t> ids_;
  std::vector<Base> first_;
};

// Pools what `add` gathered at one position: the geometric mean, renormalised.
std::array<double, 4> pool_bases(std::span<const double> log_sums, int count);

}  // namespace lexome
