// VQDNA's second stage (arXiv 2405.10812): BERT with rotary positions on the codes of a frozen
// vocabulary, pre-trained by guessing the codes of masked places, one softmax a level. What no
// public source settles, and what the method leaks, is an option (model.corrupt).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/frozen_codes.h"
#include "models/masked_encoder.h"

namespace lexome {

struct VqdnaBertOptions {
  int64_t layers = 4, width = 256, heads = 4, ffn = 1024;  // the paper's: 12, 768, 12, 3072
  int64_t max_tokens = 514;                                // bases and two special tokens
  // codes: masked codes are hidden, as in the paper; their neighbours, which see much the same
  // bases, stay. bases: masked bases are hidden from the vocabulary itself, and what is asked are
  // the codes that it gives with them.
  std::string corrupt = "codes";
  double dropout = 0.1, layer_norm_eps = 1e-12;
  double rotary_base = 1e4;
  double init = 0.02;  // standard deviation of first weights
  FrozenCodesOptions codes;
  Fields fields();  // section "model", without the codes'
};

// Codes of a masked batch, i64 [B, T], a level each; -1 where there is none.
struct MaskedCodes {
  std::vector<Tensor> shown_BT;  // what the model sees
  std::vector<Tensor> asked_BT;  // what it has to guess
};

class VqdnaBert : public MaskedEncoder {
 public:
  virtual int num_levels() const = 0;
  virtual int64_t num_codes(int level) const = 0;
  virtual MaskedCodes masked_codes(const TensorBatch& batch) = 0;
  // The most probable code at every place that is asked for, i64 [B, T], a level each; -1
  // elsewhere.
  virtual std::vector<Tensor> guessed_codes(const TensorBatch& batch, const Pass& pass) = 0;
  // Counts which base each code stands at, for P(base | code): what turns guessed codes into
  // guessed bases.
  virtual void count_bases(const TensorBatch& batch) = 0;

 protected:
  using MaskedEncoder::MaskedEncoder;
};

// ConfigError as FrozenCodes, and for sizes that do not fit together.
std::shared_ptr<VqdnaBert> make_vqdna_bert(const VqdnaBertOptions& options,
                                           const Tokenizer& tokenizer, uint64_t seed);

}  // namespace lexome
