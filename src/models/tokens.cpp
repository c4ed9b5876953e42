// Shape letters: B rows, T tokens, V ids, C width of a code.
#include "models/tokens.h"

#include <ATen/ops/one_hot.h>

#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

constexpr int64_t kMostTokens = 1'000'000;  // no layer sets a limit

class TokenVectors final : public TokensModel {
 public:
  TokenVectors(const TokensOptions& options, const Tokenizer& tokenizer)
      : coded_(options.coded), ids_(tokenizer.vocab_size()) {
    if (coded_) codes_ = FrozenCodes(*this, options.codes, tokenizer);
  }

  int64_t width() const override { return coded_ ? codes_.vocabulary().width() : ids_; }
  int64_t num_layers() const override { return 0; }
  int64_t max_tokens() const override { return kMostTokens; }

  Hidden hidden(const TensorBatch& batch, const Pass&, bool all_layers) override {
    Hidden out;
    out.states_BTD =
        coded_ ? read(batch).vectors_BTC : at::one_hot(batch.ids_BT, ids_).to(torch::kFloat32);
    if (all_layers) out.layers_BTD = {out.states_BTD};
    return out;
  }

  // Ids are counted, without their one-hot vectors.
  Tensor mean_state(const TensorBatch& batch) override {
    const torch::NoGradGuard no_grad;
    if (coded_) {
      const FrozenCodes::Read found = read(batch);
      return found.vectors_BTC.sum(1) / found.codes_BT[0].ge(0).sum(1, true).clamp_min(1);
    }
    const Tensor lengths_B1 = batch.lengths_B.clamp_min(1).unsqueeze(1);
    const Tensor is_token_BT =
        torch::arange(batch.ids_BT.size(1), batch.ids_BT.options()).unsqueeze(0).lt(lengths_B1);
    const Tensor counts_BV = torch::zeros({batch.ids_BT.size(0), ids_}).to(batch.ids_BT.device());
    return counts_BV.scatter_add(1, batch.ids_BT, is_token_BT.to(torch::kFloat32)) / lengths_B1;
  }

  Tensor pooled(const Tensor& states_BTD) override { return states_BTD.select(1, 0); }
  Loss loss(const TensorBatch&, const Pass&) override {
    throw ConfigError("a vocabulary alone has nothing to pre-train");
  }
  Tensor token_logits(const Tensor&, const Tensor&) override {
    throw InternalError("a vocabulary alone guesses no tokens");
  }
  ParameterCounts parameter_counts() const override {
    const int64_t frozen = coded_ ? codes_.vocabulary().num_parameters() : 0;
    return {0, frozen, frozen};
  }
  double forward_flops(int64_t rows, int64_t tokens, double) const override {
    return coded_ ? codes_.vocabulary().flops_per_base() * static_cast<double>(rows * tokens) : 0;
  }

 private:
  FrozenCodes::Read read(const TensorBatch& batch) const {
    return codes_.read(codes_.bases_of(batch.ids_BT), batch.ids_BT, batch.lengths_B);
  }
  bool coded_;
  int64_t ids_;
  FrozenCodes codes_;
};

}  // namespace

Fields TokensOptions::fields() {
  Fields fields("model");
  fields.flag("coded", &coded, "tokens are the codes of a learned vocabulary");
  return fields;
}

Fields TokensOptions::codes_fields() { return codes.fields(); }

std::shared_ptr<TokensModel> make_tokens(const TokensOptions& options, const Tokenizer& tokenizer) {
  return std::make_shared<TokenVectors>(options, tokenizer);
}

}  // namespace lexome
