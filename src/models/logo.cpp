// LOGO (Yang et al. 2022, Nucleic Acids Research 50:e81): a light BERT over non-overlapping
// n-grams. Tokens and positions are embedded narrowly and mapped to the encoder's width; the layers
// are BERT's, each with its own weights; the masked-LM head goes back to the narrow width, where
// the token embedding is its decoder. The same network is known as ELECTRA's generator, whose
// Hugging Face names the parameters carry. LOGO has no sentence token: its sentence vector is the
// first token's state. Shape letters: B rows, T tokens, D width, E embedding width, V vocabulary.
#include "models/logo.h"

#include <ATen/ops/embedding.h>

#include <string>

#include "models/masked_encoder.h"
#include "models/registry.h"
#include "nn/parameters.h"

namespace lexome {

Fields LogoOptions::fields() {
  Fields fields("model");
  fields.integer("layers", &layers, 1, 200, "transformer layers")
      .integer("width", &width, 8, 16384, "width of the hidden states")
      .integer("embedding", &embedding, 8, 16384, "width of token and position embeddings")
      .integer("heads", &heads, 1, 256, "attention heads; must divide the width")
      .integer("ffn", &ffn, 8, 65536, "width of the feed-forward layers")
      .integer("max_tokens", &max_tokens, 3, 1000000, "longest input in tokens, specials included")
      .number("dropout", &dropout, 0.0, 0.9, "dropout on hidden states and attention")
      .number("layer_norm_eps", &layer_norm_eps, 1e-15, 1e-3, "added to variances in LayerNorm")
      .number("init", &init, 0.0, 1.0, "standard deviation of the first weights");
  return fields;
}

namespace {

MaskedEncoderShape shape_of(const LogoOptions& options) {
  return {options.width,   options.layers, options.max_tokens,
          options.dropout, false,          "electra.encoder."};
}

class Logo : public MaskedEncoder {
 public:
  Logo(const LogoOptions& options, int64_t vocab_size, int64_t pad_id, uint64_t seed)
      : MaskedEncoder(shape_of(options)), pad_id_(pad_id) {
    const auto table = [&](const char* name, int64_t rows) {
      return add_parameter(*this, std::string("electra.embeddings.") + name + ".weight",
                           {rows, options.embedding}, Init::kNormal, seed, options.init);
    };
    words_VE_ = table("word_embeddings", vocab_size);
    positions_TE_ = table("position_embeddings", options.max_tokens);
    segments_2E_ = table("token_type_embeddings", 2);
    embedding_norm_ =
        add_norm(*this, "electra.embeddings.LayerNorm", options.embedding, options.layer_norm_eps);
    mapping_ = add_projection(*this, {"electra.embeddings_project"}, options.width,
                              options.embedding, seed, options.init);
    embedding_flops_ =
        2.0 * static_cast<double>(options.embedding) * static_cast<double>(options.width);
    encoder_ = Encoder(*this, "electra.encoder",
                       {options.layers, options.width, options.heads, options.ffn,
                        options.layer_norm_eps, options.init},
                       seed);
    head_ = MaskedLmHead(*this,
                         {"generator_predictions.dense", "generator_predictions.LayerNorm",
                          "generator_lm_head.bias"},
                         words_VE_, options.width, options.layer_norm_eps, options.init, seed);
  }

  Tensor pooled(const Tensor& states_BTD) override { return states_BTD.select(1, 0); }

 private:
  // Word + position + segment 0, normed, mapped to the encoder's width.
  Tensor embed(const TensorBatch& batch, const Dropout& dropout) const override {
    const Tensor words = at::embedding(words_VE_, batch.ids_BT, pad_id_);
    const Tensor sum =
        words + positions_TE_.slice(0, 0, batch.ids_BT.size(1)) + segments_2E_.select(0, 0);
    const Tensor narrow_RE = embedding_norm_(sum).view({-1, words_VE_.size(1)});
    return mapping_(apply_dropout(narrow_RE, dropout));
  }
  double embedding_flops() const override { return embedding_flops_; }

  int64_t pad_id_;
  double embedding_flops_ = 0;
  Tensor words_VE_, positions_TE_, segments_2E_;
  Norm embedding_norm_;
  Projection mapping_;
};

class LogoMaker : public ModelMaker {
 public:
  Fields fields() override { return options_.fields(); }
  std::shared_ptr<Model> make(const Tokenizer& vocabulary, uint64_t seed) override {
    return make_logo(options_, vocabulary.vocab_size(), vocabulary.specials().pad, seed);
  }

 private:
  LogoOptions options_;
};

}  // namespace

std::shared_ptr<Model> make_logo(const LogoOptions& options, int64_t vocab_size, int64_t pad_id,
                                 uint64_t seed) {
  return std::make_shared<Logo>(options, vocab_size, pad_id, seed);
}

std::unique_ptr<ModelMaker> logo_maker() { return std::make_unique<LogoMaker>(); }

}  // namespace lexome
