// How to make MxDNA without a tokenizer at hand: converters and tests build it from a
// configuration; everything else goes through the registry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lexome/tokenizer.h"
#include "models/model.h"
#include "models/mxdna_units.h"

namespace lexome {

struct MxdnaOptions {
  int64_t nucleotide_layers = 2, token_layers = 4;                 // the paper's: 4 and 16
  int64_t width = 256, heads = 8, ffn = 1024;                      // the paper's: 512, 16, 2048
  int64_t max_tokens = 512;                                        // bases and two special tokens
  std::vector<int64_t> experts = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};  // unit lengths
  int64_t taps = 3;  // of the deformable convolution, odd
  // Compact: units move together and stand at their rank. Sparse: they stay where their centre is,
  // with holes between; the layout of the published weights. None: no units are made, and all
  // layers see nucleotides; what the tokenization layer is compared with.
  std::string unit_layout = "compact";
  double jitter = 0.01;                 // noise on the router's input in training
  double balance = 0.01, z_loss = 0.0;  // weights of the router's losses
  double rotary_base = 1e4, layer_norm_eps = 1e-5;
  double init = 0.02;  // standard deviation of first weights
  // What the paper's program does otherwise, or not at all.
  bool as_released = false;       // [SEP] sees whether its row is padded
  bool protect_masks = false;     // no unit joins [MASK] with anything else
  bool gate_residual = false;     // at [MASK] the guess comes from the tokens alone
  bool centre_positions = false;  // compact: a guess knows where in the sequence a unit stands

  // An interval scores the mean of its scores on both strands, so that units of the reverse
  // complement are the mirrored units; nucleotide layers run on both.
  bool strand_consistent = false;
  // Sizes of codebooks that give units names: one level, or two; none without.
  std::vector<int64_t> codes;
  double commitment = 0.25;  // weight of the loss that draws units to their codes
  bool deformable = true;    // neighbouring units are assembled by a deformable convolution

  bool compact() const { return unit_layout != "sparse"; }
  bool makes_units() const { return unit_layout != "none"; }
  Fields fields();  // section "model"
};

// What a batch was cut into; `scores` are the router's [R, E]. Of every token, what the token
// layers get, [K, D], and what the deformable convolution read, [K, F] (models/mxdna_tokens.h). All
// fp32.
struct MxdnaUnits {
  Units units;
  Packed rows;
  Tensor scores_RE, tokens_KD, offsets_KF, modulation_KF;
};

class MxdnaModel : public Model {
 public:
  virtual const MxdnaOptions& options() const = 0;
  // The units of a batch, without gradients. ConfigError when the layout makes none.
  virtual MxdnaUnits units(const TensorBatch& batch, const Pass& pass) = 0;
  // States of all tokens after the last layer, [K, D] fp32, packed as `units().units.tokens`.
  virtual Tensor token_states(const TensorBatch& batch, const Pass& pass) = 0;
  // How many bases a unit has, as a run measured it (the part "unit_length" of its loss):
  // forward_flops counts with it.
  virtual void expect_units(double bases) = 0;
};
// Does so for a model that makes units; does nothing for others, or when `bases` is NaN.
void expect_units(Model& model, double bases);

// `complement` holds for each id the one that pairs with it; strand_consistent needs it. Throws
// ConfigError for sizes that do not fit together.
std::shared_ptr<MxdnaModel> make_mxdna(const MxdnaOptions& options, int64_t vocab_size,
                                       const SpecialIds& specials, uint64_t seed,
                                       const std::vector<int64_t>& complement = {});

// A parameter's name in the layout's own naming: the compact program and the one of the published
// (sparse) weights call some of them differently.
std::string mxdna_parameter_name(const std::string& name, bool compact);

}  // namespace lexome
