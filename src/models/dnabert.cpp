// DNABERT (Ji et al. 2021, Bioinformatics 37:2112): BERT (Devlin et al. 2019) over DNA tokens.
// Post-norm layers, learned positions, exact GELU, a pooler and a masked-LM head whose decoder is
// the token embedding. Parameters carry Hugging Face's names, so checkpoints go in and out as they
// are. Shape letters: B rows, T tokens, R = B * T, D width, F ffn, V vocabulary, n labelled tokens.
#include "models/dnabert.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/embedding.h>
#include <fmt/format.h>

#include <vector>

#include "kernels/attention.h"
#include "kernels/gelu.h"
#include "kernels/layernorm.h"
#include "lexome/error.h"
#include "models/registry.h"
#include "nn/linear.h"
#include "nn/parameters.h"

namespace lexome {

Fields DnabertOptions::fields() {
  Fields fields("model");
  fields.integer("layers", &layers, 1, 200, "transformer layers")
      .integer("width", &width, 8, 16384, "width of the hidden states")
      .integer("heads", &heads, 1, 256, "attention heads; must divide the width")
      .integer("ffn", &ffn, 8, 65536, "width of the feed-forward layers")
      .integer("max_tokens", &max_tokens, 3, 1000000, "longest input in tokens, specials included")
      .number("dropout", &dropout, 0.0, 0.9, "dropout on hidden states and attention")
      .number("layer_norm_eps", &layer_norm_eps, 1e-15, 1e-3, "added to variances in LayerNorm")
      .number("init", &init, 0.0, 1.0, "standard deviation of the first weights")
      .flag("as_released", &as_released,
            "repeat two slips of DNABERT's released program (padding seen, output bias twice)");
  return fields;
}

namespace {

struct Norm {
  Tensor gamma_D, beta_D;
};

struct Layer {
  Projection qkv, attention_out, ffn_in, ffn_out;
  Norm attention_norm, ffn_norm;
};

class Dnabert : public Model {
 public:
  Dnabert(const DnabertOptions& options, int64_t vocab_size, int64_t pad_id, uint64_t seed)
      : options_(options), pad_id_(pad_id), seed_(seed) {
    const int64_t d = options.width;
    words_VD_ = weight("bert.embeddings.word_embeddings.weight", {vocab_size, d});
    positions_TD_ = weight("bert.embeddings.position_embeddings.weight", {options.max_tokens, d});
    segments_2D_ = weight("bert.embeddings.token_type_embeddings.weight", {2, d});
    embedding_norm_ = norm("bert.embeddings.LayerNorm");
    for (int64_t i = 0; i < options.layers; ++i) layers_.push_back(layer(i));
    pooler_ = projection({"bert.pooler.dense"}, d, d);
    head_dense_ = projection({"cls.predictions.transform.dense"}, d, d);
    head_norm_ = norm("cls.predictions.transform.LayerNorm");
    const Tensor bias_V =
        add_parameter(*this, "cls.predictions.bias", {vocab_size}, Init::kZeros, seed);
    decoder_ = Projection({words_VD_}, {bias_V});
  }

  int64_t width() const override { return options_.width; }
  int64_t num_layers() const override { return options_.layers; }
  int64_t max_tokens() const override { return options_.max_tokens; }

  Hidden hidden(const TensorBatch& batch, const Pass& pass, bool all_layers) override {
    const auto shape = shape_of(batch);
    Hidden out;
    std::vector<Tensor>* const kept = all_layers ? &out.layers_BTD : nullptr;
    out.states_BTD = encode(batch, pass, kept).to(torch::kFloat32).view(shape);
    for (Tensor& each : out.layers_BTD) each = each.to(torch::kFloat32).view(shape);
    return out;
  }

  Tensor pooled(const Tensor& states_BTD) override {
    return torch::tanh(pooler_(states_BTD.select(1, 0)));
  }

  Loss loss(const TensorBatch& batch, const Pass& pass) override {
    if (!batch.labels_BT.defined())
      throw InternalError("the masked-LM loss needs a batch with labels");
    const Tensor states_RD = encode(batch, pass, nullptr);
    const Tensor labels_R = batch.labels_BT.reshape({-1});
    const Tensor positions_n = labels_R.ne(kIgnoreLabel).nonzero().squeeze(1);
    Loss out;
    out.labels = positions_n.size(0);
    if (out.labels == 0) {
      out.total =
          states_RD.to(torch::kFloat32).sum() * 0.0;  // keeps a graph for a batch that asks nothing
    } else {
      const Tensor logits_nV = head(states_RD.index_select(0, positions_n));
      out.total = at::cross_entropy_loss(logits_nV, labels_R.index_select(0, positions_n));
    }
    out.parts = {{"mlm", out.total.detach()}};
    return out;
  }

  Tensor token_logits(const Tensor& states_BTD, const Tensor& positions_n) override {
    return head(states_BTD.reshape({-1, options_.width}).index_select(0, positions_n));
  }

  ParameterCounts parameter_counts() const override {
    ParameterCounts counts;
    for (const auto& item : named_parameters()) {
      counts.total += item.value().numel();
      if (item.key().find("word_embeddings") != std::string::npos)
        counts.embedding += item.value().numel();
      if (item.key().rfind("bert.encoder.", 0) == 0) counts.trunk += item.value().numel();
    }
    return counts;
  }

  double forward_flops(int64_t rows, int64_t tokens, double guessed) const override {
    const auto d = static_cast<double>(options_.width), f = static_cast<double>(options_.ffn);
    const auto v = static_cast<double>(words_VD_.size(0)), t = static_cast<double>(tokens);
    const double layer = 2 * (4 * d * d + 2 * d * f) + 4 * t * d;
    return static_cast<double>(rows) * t *
           (static_cast<double>(options_.layers) * layer + guessed * 2 * (d * d + d * v));
  }

 private:
  Tensor weight(const std::string& name, torch::IntArrayRef shape) {
    return add_parameter(*this, name, shape, Init::kNormal, seed_, options_.init);
  }
  Norm norm(const std::string& name) {
    return {add_parameter(*this, name + ".weight", {options_.width}, Init::kOnes, seed_),
            add_parameter(*this, name + ".bias", {options_.width}, Init::kZeros, seed_)};
  }
  Projection projection(const std::vector<std::string>& names, int64_t out, int64_t in) {
    std::vector<Tensor> weights, biases;
    for (const std::string& name : names) {
      weights.push_back(weight(name + ".weight", {out, in}));
      biases.push_back(add_parameter(*this, name + ".bias", {out}, Init::kZeros, seed_));
    }
    return Projection(weights, biases);
  }
  Layer layer(int64_t index) {
    const int64_t d = options_.width, f = options_.ffn;
    const std::string at = fmt::format("bert.encoder.layer.{}.", index);
    Layer out;
    out.qkv = projection(
        {at + "attention.self.query", at + "attention.self.key", at + "attention.self.value"}, d,
        d);
    out.attention_out = projection({at + "attention.output.dense"}, d, d);
    out.attention_norm = norm(at + "attention.output.LayerNorm");
    out.ffn_in = projection({at + "intermediate.dense"}, f, d);
    out.ffn_out = projection({at + "output.dense"}, d, f);
    out.ffn_norm = norm(at + "output.LayerNorm");
    return out;
  }

  std::vector<int64_t> shape_of(const TensorBatch& batch) const {
    return {batch.ids_BT.size(0), batch.ids_BT.size(1), options_.width};
  }

  // Embeddings and all layers: [R, D] in the pass's precision. `kept` gets every layer's output.
  Tensor encode(const TensorBatch& batch, const Pass& pass, std::vector<Tensor>* kept) {
    const int64_t tokens = batch.ids_BT.size(1);
    if (tokens > options_.max_tokens)
      throw InputError(
          fmt::format("a row of {} tokens is longer than this model's {}; use shorter windows",
                      tokens, options_.max_tokens));
    const auto dropout = [&](int64_t layer_index, uint32_t place) {
      return Dropout{pass.training ? options_.dropout : 0.0, pass.seed, pass.step,
                     static_cast<uint32_t>(4 * (layer_index + 1)) + place};
    };
    Tensor x_RD = embed(batch, dropout(-1, 0));
    if (pass.bf16) x_RD = x_RD.to(torch::kBFloat16);
    if (kept != nullptr) kept->push_back(x_RD);
    for (int64_t i = 0; i < options_.layers; ++i) {
      const Layer& each = layers_[static_cast<size_t>(i)];
      const Tensor context_RD =
          attention(each.qkv.product(x_RD), each.qkv.bias(), batch.lengths_B, options_.heads,
                    dropout(i, 0), options_.as_released ? -1.0F : kHidden);
      x_RD = close_half(each.attention_out, context_RD, x_RD, each.attention_norm, dropout(i, 1));
      const Tensor inner_RF = bias_gelu(each.ffn_in.product(x_RD), each.ffn_in.bias());
      x_RD = close_half(each.ffn_out, inner_RF, x_RD, each.ffn_norm, dropout(i, 2));
      if (kept != nullptr) kept->push_back(x_RD);
    }
    return x_RD;
  }

  // Word + position + segment 0, normed. A padding id gets no gradient, as in the reference.
  Tensor embed(const TensorBatch& batch, const Dropout& dropout) const {
    const Tensor words = at::embedding(words_VD_, batch.ids_BT, pad_id_);
    const Tensor sum =
        words + positions_TD_.slice(0, 0, batch.ids_BT.size(1)) + segments_2D_.select(0, 0);
    const Tensor normed =
        layer_norm(sum, embedding_norm_.gamma_D, embedding_norm_.beta_D, options_.layer_norm_eps);
    return apply_dropout(normed.view({-1, options_.width}), dropout);
  }

  // LayerNorm(residual + dropout(x W' + b)).
  Tensor close_half(const Projection& projection, const Tensor& x, const Tensor& residual_RD,
                    const Norm& norm, const Dropout& dropout) const {
    return bias_dropout_residual_norm(projection.product(x), projection.bias(), residual_RD,
                                      norm.gamma_D, norm.beta_D, options_.layer_norm_eps, dropout);
  }

  Tensor head(const Tensor& states_nD) const {
    const Tensor x_nD = layer_norm(bias_gelu(head_dense_.product(states_nD), head_dense_.bias()),
                                   head_norm_.gamma_D, head_norm_.beta_D, options_.layer_norm_eps);
    return decoder_.product(x_nD).to(torch::kFloat32) +
           decoder_.bias() * (options_.as_released ? 2.0 : 1.0);
  }

  DnabertOptions options_;
  int64_t pad_id_;
  uint64_t seed_;
  Tensor words_VD_, positions_TD_, segments_2D_;
  Norm embedding_norm_, head_norm_;
  std::vector<Layer> layers_;
  Projection pooler_, head_dense_, decoder_;
};

class DnabertMaker : public ModelMaker {
 public:
  Fields fields() override { return options_.fields(); }
  std::shared_ptr<Model> make(const Tokenizer& vocabulary, uint64_t seed) override {
    return make_dnabert(options_, vocabulary.vocab_size(), vocabulary.specials().pad, seed);
  }

 private:
  DnabertOptions options_;
};

}  // namespace

std::shared_ptr<Model> make_dnabert(const DnabertOptions& options, int64_t vocab_size,
                                    int64_t pad_id, uint64_t seed) {
  if (options.width % options.heads != 0)
    throw ConfigError(fmt::format("model.heads = {} does not divide model.width = {}",
                                  options.heads, options.width));
  return std::make_shared<Dnabert>(options, vocab_size, pad_id, seed);
}

std::unique_ptr<ModelMaker> dnabert_maker() { return std::make_unique<DnabertMaker>(); }

}  // namespace lexome
