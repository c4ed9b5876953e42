// A vocabulary alone, as a model without any layer: its hidden states are the tokens' own vectors.
// What a linear layer makes of their mean is what the vocabulary itself knows (the linear probe of
// arXiv 2405.10812, table 1). Nothing of it is trained.
#pragma once

#include <memory>

#include "models/frozen_codes.h"
#include "models/model.h"

namespace lexome {

inline constexpr char kTokens[] = "tokens";  // model.name

struct TokensOptions {
  bool coded = false;  // tokens are the codes of a learned vocabulary; else ids
  FrozenCodesOptions codes;
  Fields fields();        // section "model"
  Fields codes_fields();  // section "model.codes"
};

class TokensModel : public Model {
 public:
  // The mean of the hidden states over a row's tokens, or over its bases that have a code: [B, D].
  virtual Tensor mean_state(const TensorBatch& batch) = 0;
};

// Ids stand as one-hot vectors [V], codes as the vectors that their decoder reads, [C]. There is no
// token head: `loss` throws ConfigError and `token_logits` InternalError.
std::shared_ptr<TokensModel> make_tokens(const TokensOptions& options, const Tokenizer& tokenizer);

}  // namespace lexome
