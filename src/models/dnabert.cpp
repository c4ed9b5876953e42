// DNABERT (Ji et al. 2021, Bioinformatics 37:2112): BERT (Devlin et al. 2019) over DNA tokens.
// Learned (or rotary) positions, segments, BERT's encoder, a pooler and a masked-LM head whose
// decoder is the token embedding. Parameters carry Hugging Face's names, so checkpoints go in and
// out as they are. Shape letters: B rows, T tokens, D width, V vocabulary.
#include "models/dnabert.h"

#include <ATen/ops/embedding.h>

#include <string>

#include "lexome/error.h"
#include "models/masked_encoder.h"
#include "models/registry.h"
#include "nn/parameters.h"

namespace lexome {

Fields DnabertOptions::fields() {
  Fields fields("model");
  fields.integer("layers", &layers, 1, 200, "transformer layers")
      .integer("width", &width, 8, 16384, "width of the hidden states")
      .integer("heads", &heads, 1, 256, "attention heads; must divide the width")
      .integer("ffn", &ffn, 8, 65536, "width of the feed-forward layers")
      .integer("max_tokens", &max_tokens, 3, 1000000, "longest input in tokens, specials included")
      .choice("positions", &positions, {"learned", "rotary"},
              "a vector for each place, or rotary positions, which have no dropout on attention")
      .number("dropout", &dropout, 0.0, 0.9, "dropout on hidden states and attention")
      .number("layer_norm_eps", &layer_norm_eps, 1e-15, 1e-3, "added to variances in LayerNorm")
      .number("init", &init, 0.0, 1.0, "standard deviation of the first weights")
      .flag("as_released", &as_released,
            "repeat two slips of DNABERT's released program (padding seen, output bias twice)");
  return fields;
}

namespace {

bool is_rotary(const DnabertOptions& options) { return options.positions == "rotary"; }

MaskedEncoderShape shape_of(const DnabertOptions& options) {
  return {options.width,   options.layers,     options.max_tokens,
          options.dropout, is_rotary(options), "bert.encoder."};
}

class Dnabert : public MaskedEncoder {
 public:
  Dnabert(const DnabertOptions& options, int64_t vocab_size, int64_t pad_id, uint64_t seed)
      : MaskedEncoder(shape_of(options)), pad_id_(pad_id) {
    const int64_t d = options.width;
    const auto table = [&](const char* name, int64_t rows) {
      return add_parameter(*this, std::string("bert.embeddings.") + name + ".weight", {rows, d},
                           Init::kNormal, seed, options.init);
    };
    words_VD_ = table("word_embeddings", vocab_size);
    if (!is_rotary(options)) positions_TD_ = table("position_embeddings", options.max_tokens);
    segments_2D_ = table("token_type_embeddings", 2);
    embedding_norm_ = add_norm(*this, "bert.embeddings.LayerNorm", d, options.layer_norm_eps);
    encoder_ = Encoder(
        *this, "bert.encoder",
        {options.layers, d, options.heads, options.ffn, options.layer_norm_eps, options.init,
         options.as_released ? -1.0F : kHidden, is_rotary(options) ? options.max_tokens : 0},
        seed);
    pooler_ = add_projection(*this, {"bert.pooler.dense"}, d, d, seed, options.init);
    head_ = MaskedLmHead(*this,
                         {"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
                          "cls.predictions.bias"},
                         words_VD_, d, options.layer_norm_eps, options.init, seed);
    if (options.as_released) head_.set_bias_factor(2.0);
  }

  Tensor pooled(const Tensor& states_BTD) override {
    return torch::tanh(pooler_(states_BTD.select(1, 0)));
  }

 private:
  // Word + position (unless rotary) + segment 0, normed. A padding id gets no gradient, as in the
  // reference.
  Tensor embed(const TensorBatch& batch, const Dropout& dropout) const override {
    Tensor sum = at::embedding(words_VD_, batch.ids_BT, pad_id_);
    if (positions_TD_.defined()) sum = sum + positions_TD_.slice(0, 0, batch.ids_BT.size(1));
    sum = sum + segments_2D_.select(0, 0);
    return apply_dropout(embedding_norm_(sum).view({-1, width()}), dropout);
  }

  int64_t pad_id_;
  Tensor words_VD_, positions_TD_, segments_2D_;
  Norm embedding_norm_;
  Projection pooler_;
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
  if (options.as_released && is_rotary(options))
    throw ConfigError("model.as_released = true: DNABERT's program has model.positions = learned");
  return std::make_shared<Dnabert>(options, vocab_size, pad_id, seed);
}

std::unique_ptr<ModelMaker> dnabert_maker() { return std::make_unique<DnabertMaker>(); }

}  // namespace lexome
