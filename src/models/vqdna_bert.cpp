// Shape letters: B rows, T tokens (specials included), R = B * T, n asked places, C width of a
// code, D width, K codes of a level, V ids of the tokenizer (bases and specials).
#include "models/vqdna_bert.h"

#include <ATen/ops/embedding.h>
#include <fmt/format.h>

#include <algorithm>

#include "lexome/error.h"
#include "models/registry.h"
#include "nn/parameters.h"
#include "tensor/compat.h"
#include "vocab/nucleotide.h"

namespace lexome {

Fields VqdnaBertOptions::fields() {
  Fields fields("model");
  fields.integer("layers", &layers, 1, 200, "transformer layers")
      .integer("width", &width, 8, 16384, "width of the hidden states")
      .integer("heads", &heads, 1, 256, "attention heads; must divide the width into even parts")
      .integer("ffn", &ffn, 8, 65536, "width of the feed-forward layers")
      .integer("max_tokens", &max_tokens, 3, 1000000, "longest input in bases, plus 2")
      .choice(
          "corrupt", &corrupt, {"codes", "bases"},
          "hide masked codes, or hide masked bases from the vocabulary and ask for the codes it "
          "gives with them")
      .number("dropout", &dropout, 0.0, 0.9, "dropout on hidden states")
      .number("layer_norm_eps", &layer_norm_eps, 1e-15, 1e-3, "added to variances in LayerNorm")
      .number("rotary_base", &rotary_base, 1.0, 1e9, "base of the rotary positions")
      .number("init", &init, 0.0, 1.0, "standard deviation of the first weights");
  return fields;
}

namespace {

constexpr float kImpossible = -1e4F;  // logit of ids that are no base

MaskedEncoderShape shape_of(const VqdnaBertOptions& options) {
  return {options.width, options.layers, options.max_tokens, options.dropout, true, "encoder."};
}

class CodesBert final : public VqdnaBert {
 public:
  CodesBert(const VqdnaBertOptions& options, const Tokenizer& tokenizer, uint64_t seed)
      : VqdnaBert(shape_of(options)), options_(options), specials_(tokenizer.specials()) {
    const int64_t d = options.width;
    codes_ = FrozenCodes(*this, options.codes, tokenizer);
    project_ = add_projection(*this, {"embeddings.codes"}, d, codes_.vocabulary().width(), seed,
                              options.init);
    specials_VD_ = add_parameter(*this, "embeddings.specials.weight", {tokenizer.vocab_size(), d},
                                 Init::kNormal, seed, options.init);
    embedding_norm_ = add_norm(*this, "embeddings.LayerNorm", d, options.layer_norm_eps);
    EncoderOptions encoder;
    encoder.layers = options.layers;
    encoder.width = d;
    encoder.heads = options.heads;
    encoder.ffn = options.ffn;
    encoder.layer_norm_eps = options.layer_norm_eps;
    encoder.init = options.init;
    encoder.rotary_tokens = options.max_tokens;
    encoder.rotary_base = options.rotary_base;
    encoder_ = Encoder(*this, "encoder", encoder, seed);
    for (int level = 0; level < num_levels(); ++level) {
      const std::string name = fmt::format("head.level{}.", level + 1);
      const int64_t codes = num_codes(level);
      const Tensor decoder_KD = add_parameter(*this, name + "decoder.weight", {codes, d},
                                              Init::kNormal, seed, options.init);
      heads_.emplace_back(*this,
                          MaskedLmNames{name + "dense", name + "LayerNorm", name + "decoder.bias"},
                          decoder_KD, d, options.layer_norm_eps, options.init, seed);
      bases_K4_.push_back(
          register_buffer(fmt::format("bases_level{}", level + 1), torch::ones({codes, 4})));
    }
  }

  int num_levels() const override { return codes_.vocabulary().levels(); }
  int64_t num_codes(int level) const override { return codes_.vocabulary().codes_per_level(level); }

  // [CLS], as BERT's sentence vector before its pooler.
  Tensor pooled(const Tensor& states_BTD) override { return states_BTD.select(1, 0); }

  Loss loss(const TensorBatch& batch, const Pass& pass) override {
    check_length(batch);
    const Inputs inputs = inputs_of(batch);
    const Tensor states_RD = encode(embed_inputs(inputs, dropout_of(pass)), batch, pass, nullptr);
    Loss out;
    for (size_t level = 0; level < heads_.size(); ++level) {
      // Places without a base have no code to guess.
      const Tensor asked_BT = asked(inputs, batch, level);
      const Tensor loss = heads_[level].loss(
          states_RD, asked_BT.masked_fill(asked_BT.lt(0), kIgnoreLabel), &out.labels);
      out.parts.emplace_back(fmt::format("level{}", level + 1), loss.detach());
      out.total = out.total.defined() ? out.total + loss : loss;
    }
    out.total = out.total / static_cast<double>(heads_.size());
    return out;
  }

  MaskedCodes masked_codes(const TensorBatch& batch) override {
    const Inputs inputs = inputs_of(batch);
    const Tensor masked_BT = batch.ids_BT.eq(specials_.mask);
    MaskedCodes out;
    for (size_t level = 0; level < heads_.size(); ++level) {
      out.shown_BT.push_back(inputs.shown.codes_BT[level].masked_fill(masked_BT, -1));
      out.asked_BT.push_back(asked(inputs, batch, level));
    }
    return out;
  }

  std::vector<Tensor> guessed_codes(const TensorBatch& batch, const Pass& pass) override {
    const torch::NoGradGuard no_grad;
    const Inputs inputs = inputs_of(batch);
    const Tensor states_RD = encode(embed_inputs(inputs, dropout_of(pass)), batch, pass, nullptr);
    std::vector<Tensor> out;
    for (size_t level = 0; level < heads_.size(); ++level) {
      const Tensor asked_R = asked(inputs, batch, level).reshape({-1});
      const Tensor places_n = asked_R.ge(0).nonzero().squeeze(1);
      const Tensor guess_R = torch::full_like(asked_R, -1);
      guess_R.index_copy_(0, places_n,
                          heads_[level].logits(states_RD.index_select(0, places_n)).argmax(1));
      out.push_back(guess_R.view(batch.ids_BT.sizes()));
    }
    return out;
  }

  void count_bases(const TensorBatch& batch) override {
    const torch::NoGradGuard no_grad;
    const Inputs inputs = inputs_of(batch);
    for (size_t level = 0; level < heads_.size(); ++level) {
      const Tensor code_R = inputs.clean.codes_BT[level].reshape({-1});
      const Tensor real_n = code_R.ge(0).nonzero().squeeze(1);
      const Tensor cell_n = code_R.index_select(0, real_n) * 4 +
                            inputs.truth_BT.reshape({-1}).index_select(0, real_n);
      bases_K4_[level] += cell_n.bincount({}, bases_K4_[level].numel()).view_as(bases_K4_[level]);
    }
  }

  // log P(base) where ids are bases: the sum over codes of P(code) P(base | code), levels pooled by
  // their geometric mean.
  Tensor token_logits(const Tensor& states_BTD, const Tensor& positions_n) override {
    const Tensor states_nD = states_BTD.reshape({-1, width()}).index_select(0, positions_n);
    Tensor bases_n4;
    for (size_t level = 0; level < heads_.size(); ++level) {
      const Tensor code_nK = torch::softmax(heads_[level].logits(states_nD), 1);
      const Tensor share_K4 = bases_K4_[level] / bases_K4_[level].sum(1, true);
      const Tensor log_n4 = torch::mm(code_nK, share_K4).log() / static_cast<double>(num_levels());
      bases_n4 = level == 0 ? log_n4 : bases_n4 + log_n4;
    }
    const Tensor ids_V = torch::arange(specials_VD_.size(0), positions_n.options());
    const Tensor base_V = codes_.bases_of(ids_V);
    return bases_n4.index_select(1, base_V.clamp_max(3))
        .masked_fill(base_V.gt(3).unsqueeze(0), kImpossible);
  }

  ParameterCounts parameter_counts() const override {
    ParameterCounts counts = MaskedEncoder::parameter_counts();
    counts.embedding = codes_.vocabulary().num_parameters();
    return counts;
  }
  double forward_flops(int64_t rows, int64_t tokens, double guessed) const override {
    const auto t = static_cast<double>(tokens);
    double heads = 0;
    for (const MaskedLmHead& head : heads_) heads += head.flops_a_token();
    return static_cast<double>(rows) * t *
           (embedding_flops() + encoder_.flops_a_token(t) + guessed * heads +
            codes_.vocabulary().flops_per_base());
  }

 private:
  struct Inputs {
    Tensor ids_BT, truth_BT;  // truth: bases as they are, 4 where none stands
    FrozenCodes::Read clean, shown;
  };

  // Bases under masks are known only from the plain batch; without one, ids are all there is.
  Tensor truth_of(const TensorBatch& batch) const {
    Tensor truth_BT = codes_.bases_of(batch.ids_BT);
    if (!batch.labels_BT.defined() || batch.plain == nullptr) return truth_BT;
    const Batch& plain = *batch.plain;
    std::vector<int64_t> bases(plain.cover_length.size(), 4);
    for (size_t at = 0; at < bases.size(); ++at) {
      if (plain.cover_length[at] != 1) continue;
      const auto row = static_cast<int64_t>(at) / plain.tokens;
      bases[at] = std::min<int64_t>(
          4, plain.base_ids[static_cast<size_t>(row * plain.bases) + plain.cover_start[at]]);
    }
    return torch::tensor(bases, torch::kInt64).view(truth_BT.sizes()).to(truth_BT.device());
  }

  Inputs inputs_of(const TensorBatch& batch) const {
    Inputs in;
    in.ids_BT = batch.ids_BT;
    in.truth_BT = truth_of(batch);
    in.clean = codes_.read(in.truth_BT, batch.ids_BT, batch.lengths_B);
    if (options_.corrupt == "bases" && batch.labels_BT.defined()) {
      in.shown = codes_.read(codes_.bases_of(batch.ids_BT), batch.ids_BT, batch.lengths_B);
      return in;
    }
    in.shown = in.clean;
    if (!batch.labels_BT.defined()) return in;
    // A base that was drawn in place of another stands for a code that was: that of the place as
    // far along in another row.
    const Tensor drawn_BT1 = codes_.bases_of(batch.ids_BT)
                                 .ne(in.truth_BT)
                                 .logical_and(batch.ids_BT.ne(specials_.mask))
                                 .unsqueeze(2);
    const Tensor other_BTC = in.clean.vectors_BTC.roll({1, 1}, {0, 1});
    in.shown.vectors_BTC = torch::where(drawn_BT1, other_BTC, in.clean.vectors_BTC);
    return in;
  }

  // Codes to guess at the places that carry a label, -1 elsewhere.
  static Tensor asked(const Inputs& inputs, const TensorBatch& batch, size_t level) {
    if (!batch.labels_BT.defined())
      throw InternalError("masked code modelling needs a batch with labels");
    return inputs.clean.codes_BT[level].masked_fill(batch.labels_BT.eq(kIgnoreLabel), -1);
  }

  Tensor embed_inputs(const Inputs& inputs, const Dropout& dropout) const {
    const Tensor is_base_BT1 =
        inputs.shown.codes_BT[0].ge(0).logical_and(inputs.ids_BT.ne(specials_.mask)).unsqueeze(2);
    const Tensor codes_BTD =
        project_(inputs.shown.vectors_BTC.view({-1, codes_.vocabulary().width()}))
            .view({inputs.ids_BT.size(0), inputs.ids_BT.size(1), options_.width});
    const Tensor x_BTD =
        torch::where(is_base_BT1, codes_BTD, at::embedding(specials_VD_, inputs.ids_BT));
    return apply_dropout(embedding_norm_(x_BTD).view({-1, options_.width}), dropout);
  }
  Tensor embed(const TensorBatch& batch, const Dropout& dropout) const override {
    return embed_inputs(inputs_of(batch), dropout);
  }
  double embedding_flops() const override {
    return 2.0 * static_cast<double>(codes_.vocabulary().width() * options_.width);
  }

  VqdnaBertOptions options_;
  SpecialIds specials_;
  FrozenCodes codes_;
  Projection project_;
  Tensor specials_VD_;
  Norm embedding_norm_;
  std::vector<MaskedLmHead> heads_;
  std::vector<Tensor> bases_K4_;
};

class VqdnaBertMaker final : public ModelMaker, public CodesReader {
 public:
  Fields fields() override { return options_.fields(); }
  Fields codes_fields() override { return options_.codes.fields(); }

  std::shared_ptr<const Tokenizer> adopt(const LoadedVocabulary& loaded) override {
    options_.codes.adopt(loaded);
    // A hidden base reaches no code; a hidden code's bases are seen by its neighbours.
    if (options_.corrupt == "bases") return make_nucleotide();
    return make_nucleotide("plain", loaded.vocabulary->sees());
  }

  std::shared_ptr<Model> make(const Tokenizer& tokenizer, uint64_t seed) override {
    return make_vqdna_bert(options_, tokenizer, seed);
  }

 private:
  VqdnaBertOptions options_;
};

}  // namespace

std::shared_ptr<VqdnaBert> make_vqdna_bert(const VqdnaBertOptions& options,
                                           const Tokenizer& tokenizer, uint64_t seed) {
  return std::make_shared<CodesBert>(options, tokenizer, seed);
}

std::unique_ptr<ModelMaker> vqdna_maker() { return std::make_unique<VqdnaBertMaker>(); }

}  // namespace lexome
