// How to make DNABERT's BERT without a tokenizer at hand: converters and tests build it from a
// configuration; everything else goes through the registry.
#pragma once

#include <memory>
#include <string>

#include "models/model.h"

namespace lexome {

struct DnabertOptions {
  int64_t layers = 4, width = 256, heads = 4, ffn = 1024;  // DNABERT's own: 12, 768, 12, 3072
  int64_t max_tokens = 512;
  std::string positions = "learned";  // learned | rotary
  double dropout = 0.1;               // on hidden states and on attention probabilities
  double layer_norm_eps = 1e-12;
  double init = 0.02;  // standard deviation of first weights
  // Compute as DNABERT's released program does: it adds the decoder's bias twice, and it adds the
  // attention mask (1 or 0) itself to the scores, so that padding is seen. For its published
  // weights.
  bool as_released = false;
  Fields fields();  // section "model"
};

// Throws ConfigError when heads do not divide the width.
std::shared_ptr<Model> make_dnabert(const DnabertOptions& options, int64_t vocab_size,
                                    int64_t pad_id, uint64_t seed);

}  // namespace lexome
