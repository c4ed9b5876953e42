// MxDNA (Qiao et al. 2024, "Model Decides How to Tokenize", arXiv 2412.13716): a few transformer
// layers on nucleotides, a layer that learns where tokens begin and end, many layers on these
// tokens, and for pre-training a decoder in which nucleotides ask the tokens. Everything runs on
// packed rows, so padding costs nothing. Parameters carry the names of the published programs.
// Shape letters: B rows, T nucleotides a padded row (specials included), S = B * T, R nucleotides
// of all rows packed, K tokens, n asked nucleotides, D width, E experts, V vocabulary.
#include "models/mxdna.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/embedding.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kernels/gelu.h"
#include "lexome/error.h"
#include "models/mxdna_tokens.h"
#include "models/registry.h"
#include "nn/parameters.h"
#include "nn/pre_norm.h"

namespace lexome {

Fields MxdnaOptions::fields() {
  Fields fields("model");
  fields.integer("nucleotide_layers", &nucleotide_layers, 0, 200, "layers before tokens are made")
      .integer("token_layers", &token_layers, 0, 200, "layers on tokens")
      .integer("width", &width, 16, 16384, "width of the hidden states")
      .integer("heads", &heads, 1, 256, "attention heads; must divide the width into even parts")
      .integer("ffn", &ffn, 16, 65536, "width of the feed-forward layers")
      .integer("max_tokens", &max_tokens, 3, 1000000, "longest input in bases, plus 2")
      .integers("experts", &experts, 1, 63, "unit lengths, one an expert; 1 must be among them")
      .integer("taps", &taps, 1, 15, "taps of the deformable convolution; odd")
      .choice("unit_layout", &unit_layout, {"compact", "sparse"},
              "units move together, or stay where their centre is (as in the published weights)")
      .number("jitter", &jitter, 0.0, 0.5, "noise on the router's input when training")
      .number("balance", &balance, 0.0, 100.0, "weight of the loss that spreads units over experts")
      .number("z_loss", &z_loss, 0.0, 100.0, "weight of the loss that keeps router scores small")
      .number("rotary_base", &rotary_base, 1.0, 1e9, "base of the rotary positions")
      .number("layer_norm_eps", &layer_norm_eps, 1e-15, 1e-3, "added to variances in LayerNorm")
      .number("init", &init, 0.0, 1.0, "standard deviation of the first weights")
      .flag("as_released", &as_released, "repeat a slip of the paper's program: [SEP] sees padding")
      .flag("protect_masks", &protect_masks, "no unit joins [MASK] with other bases")
      .flag("gate_residual", &gate_residual, "at [MASK] the guess comes from the tokens alone")
      .flag("centre_positions", &centre_positions,
            "compact layout: guesses know where in the sequence a unit stands");
  return fields;
}

namespace {

struct NamePair {
  const char *compact, *sparse;
};
constexpr NamePair kNames[] = {
    {"model.token_layers.", "model.motif_layers."},
    {".grouped_conv.", ".depthwise_conv."},
    {"basic_unit_masked_token_embedding", "motif_masked_token_embedding"}};

void replace(const std::string& from, const std::string& to, std::string* text) {
  const size_t at = text->find(from);
  if (at != std::string::npos) text->replace(at, from.size(), to);
}

// A batch on its way through the model.
struct Encoded {
  Places bases;          // packed rows of nucleotides
  Tensor flat_R, row_S;  // place in the padded batch of a packed row, and back (-1: padding)
  Tensor masked_R1;      // 1 at [MASK]
  Tensor queries_RD;     // nucleotides before tokens are made
  LearntTokens tokens;
  Places token_places;
  Tensor states_KD;  // tokens after the last layer, normed
};

class Mxdna : public MxdnaModel {
 public:
  Mxdna(const MxdnaOptions& options, int64_t vocab_size, const SpecialIds& specials, uint64_t seed)
      : options_(options), specials_(specials), seed_(seed) {
    const int64_t d = options.width;
    const PreNormOptions layer = layer_options();
    words_VD_ = weight("model.embed_tokens.weight", {vocab_size, d});
    {
      const torch::NoGradGuard no_grad;
      words_VD_[specials.pad].zero_();
    }
    for (int64_t i = 0; i < options.nucleotide_layers; ++i)
      nucleotide_layers_.emplace_back(*this, fmt::format("model.nucleotide_layers.{}", i),
                                      "self_attn", layer, seed);
    tokenization_ = LearntTokenization(*this, options, seed);
    const char* const token_layers = options.compact() ? "token" : "motif";
    for (int64_t i = 0; i < options.token_layers; ++i)
      token_layers_.emplace_back(*this, fmt::format("model.{}_layers.{}", token_layers, i),
                                 "self_attn", layer, seed);
    token_norm_ = add_norm(*this, "model.norm.norm", d, options.layer_norm_eps);
    decoder_ = PreNormLayer(*this, "decoder", "cross_attn", layer, seed);
    decoder_norm_ = add_norm(*this, "norm.norm", d, options.layer_norm_eps);
    head_dense_ = Projection({weight("lm_head.dense.weight", {d, d})},
                             {add_parameter(*this, "lm_head.dense.bias", {d}, Init::kZeros, seed)});
    head_norm_ = add_norm(*this, "lm_head.layer_norm", d, options.layer_norm_eps);
    head_ = Projection({weight("lm_head.decoder.weight", {vocab_size, d})},
                       {add_parameter(*this, "lm_head.bias", {vocab_size}, Init::kZeros, seed)});
    table_ = rotary_table(options.max_tokens, d / options.heads, options.rotary_base);
  }

  int64_t width() const override { return options_.width; }
  int64_t num_layers() const override {
    return options_.nucleotide_layers + 1 + options_.token_layers;
  }
  int64_t max_tokens() const override { return options_.max_tokens; }

  // A base carries the state of the unit it is in; padding and uncovered bases carry zeros.
  Hidden hidden(const TensorBatch& batch, const Pass& pass, bool all_layers) override {
    std::vector<Tensor> kept;
    const Encoded e = encode(batch, pass, all_layers ? &kept : nullptr);
    Hidden out;
    out.states_BTD = over_bases(e, e.states_KD, batch);
    for (size_t i = 0; i < kept.size(); ++i) {
      const bool of_bases = static_cast<int64_t>(i) <= options_.nucleotide_layers;
      out.layers_BTD.push_back(of_bases ? in_place(e, kept[i], batch)
                                        : over_bases(e, kept[i], batch));
    }
    if (all_layers) out.layers_BTD.push_back(out.states_BTD);
    return out;
  }

  // [CLS], normed a second time, as the paper's classifier takes it.
  Tensor pooled(const Tensor& states_BTD) override {
    return decoder_norm_(states_BTD.select(1, 0).contiguous());
  }

  Loss loss(const TensorBatch& batch, const Pass& pass) override {
    if (!batch.labels_BT.defined())
      throw InternalError("the masked-LM loss needs a batch with labels");
    const Encoded e = encode(batch, pass, nullptr);
    const Tensor labels_R = batch.labels_BT.reshape({-1}).index_select(0, e.flat_R);
    const Tensor asked_n = labels_R.ne(kIgnoreLabel).nonzero().squeeze(1);
    Loss out;
    out.labels = asked_n.size(0);
    Tensor guess = e.states_KD.to(torch::kFloat32).sum() * 0.0;
    if (out.labels > 0)
      guess = at::cross_entropy_loss(head(decoded(e, asked_n)), labels_R.index_select(0, asked_n));
    out.total = guess + options_.balance * e.tokens.balance + options_.z_loss * e.tokens.z;
    out.parts = {{"mlm", guess.detach()}, {"balance", e.tokens.balance.detach()}};
    if (options_.z_loss > 0) out.parts.emplace_back("z", e.tokens.z.detach());
    return out;
  }

  Tensor guess_states(const TensorBatch& batch, const Pass& pass) override {
    const Encoded e = encode(batch, pass, nullptr);
    const Tensor all_n = torch::arange(e.bases.rows.rows, e.flat_R.options());
    return in_place(e, decoded(e, all_n), batch);
  }
  Tensor token_logits(const Tensor& states_BTD, const Tensor& positions_n) override {
    return head(states_BTD.reshape({-1, options_.width}).index_select(0, positions_n));
  }

  const std::vector<int64_t>& unit_lengths() const override { return options_.experts; }
  MxdnaUnits units(const TensorBatch& batch, const Pass& pass) override {
    const torch::NoGradGuard no_grad;
    Encoded e = encode(batch, pass, nullptr, false);
    return {std::move(e.tokens.units), e.bases.rows, e.tokens.scores_RE};
  }
  Tensor token_states(const TensorBatch& batch, const Pass& pass) override {
    return encode(batch, pass, nullptr).states_KD.to(torch::kFloat32);
  }
  std::string parameter_name(const std::string& published) const override {
    return mxdna_parameter_name(published, options_.compact());
  }

  ParameterCounts parameter_counts() const override {
    ParameterCounts counts;
    for (const auto& item : named_parameters()) {
      counts.total += item.value().numel();
      if (item.key().rfind("model.embed_tokens", 0) == 0) {
        counts.embedding += item.value().numel();
      } else if (item.key().rfind("model.", 0) == 0) {
        counts.trunk += item.value().numel();
      }
    }
    return counts;
  }

  // Units are as long as the experts on average, which is what the balancing loss works towards; a
  // router that has not learned makes more of them, and more work.
  double forward_flops(int64_t rows, int64_t tokens, double guessed) const override {
    const auto bases = static_cast<double>(tokens), d = static_cast<double>(options_.width);
    const auto lengths = static_cast<double>(
        std::accumulate(options_.experts.begin(), options_.experts.end(), int64_t{0}));
    const double units = bases * static_cast<double>(options_.experts.size()) / lengths;
    const PreNormOptions layer = layer_options();
    const double decoder =
        guessed * bases *
            (pre_norm_flops(layer, units) - 4 * d * d + 2 * d * (d + head_outputs())) +
        units * 4 * d * d;
    return static_cast<double>(rows) *
           (static_cast<double>(options_.nucleotide_layers) * bases * pre_norm_flops(layer, bases) +
            tokenization_.flops(bases, units) +
            static_cast<double>(options_.token_layers) * units * pre_norm_flops(layer, units) +
            (guessed > 0 ? decoder : 0.0));
  }

 private:
  PreNormOptions layer_options() const {
    return {options_.width, options_.heads, options_.ffn, options_.layer_norm_eps, options_.init};
  }
  double head_outputs() const { return static_cast<double>(words_VD_.size(0)); }
  Tensor weight(const std::string& name, torch::IntArrayRef shape) {
    return add_parameter(*this, name, shape, Init::kNormal, seed_, options_.init);
  }

  // Lays out the batch without its padding.
  Encoded packed_batch(const TensorBatch& batch) const {
    const int64_t tokens = batch.ids_BT.size(1);
    const Tensor ids = batch.ids_BT.to(torch::kCPU).contiguous(),
                 lengths = batch.lengths_B.to(torch::kCPU).contiguous();
    std::vector<int64_t> lengths_B, flat_R, positions_R;
    std::vector<int64_t> row_S(static_cast<size_t>(ids.numel()), -1);
    for (int64_t b = 0; b < lengths.size(0); ++b) {
      const int64_t length = lengths.data_ptr<int64_t>()[b];
      check_row(ids.data_ptr<int64_t>() + b * tokens, length, b);
      lengths_B.push_back(length);
      for (int64_t t = 0; t < length; ++t) {
        row_S[static_cast<size_t>(b * tokens + t)] = static_cast<int64_t>(flat_R.size());
        flat_R.push_back(b * tokens + t);
        positions_R.push_back(t);
      }
    }
    const torch::Device device = batch.ids_BT.device();
    Encoded e;
    e.bases.rows = packed(lengths_B);
    e.bases.positions_R = torch::tensor(positions_R, torch::kInt64).to(device);
    e.flat_R = torch::tensor(flat_R, torch::kInt64).to(device);
    e.row_S = torch::tensor(row_S, torch::kInt64).to(device);
    return e;
  }

  void check_row(const int64_t* ids, int64_t length, int64_t row) const {
    if (length > options_.max_tokens)
      throw InputError(
          fmt::format("a row of {} bases is longer than this model's {}; use shorter windows",
                      length - 2, options_.max_tokens - 2));
    if (length > 0 && ids[0] == specials_.pad)
      throw InputError(fmt::format(
          "row {} of a batch is padded on the left; this model takes padding on the right", row));
    if (length < 1 || ids[0] != specials_.cls || (length > 1 && ids[length - 1] != specials_.sep))
      throw InputError(fmt::format(
          "row {} of a batch is not framed by [CLS] and [SEP], between which units are made", row));
  }

  // All layers. `kept` gets every layer's output but the last; without `whole` it ends with tokens.
  Encoded encode(const TensorBatch& batch, const Pass& pass, std::vector<Tensor>* kept,
                 bool whole = true) {
    Encoded e = packed_batch(batch);
    const Tensor ids_R = batch.ids_BT.reshape({-1}).index_select(0, e.flat_R);
    e.masked_R1 = ids_R.eq(specials_.mask).unsqueeze(1);
    Tensor x = at::embedding(words_VD_, ids_R, specials_.pad);
    if (pass.bf16) x = x.to(torch::kBFloat16);
    const auto keep = [&] {
      if (kept != nullptr) kept->push_back(x);
    };
    const RotaryTable table = {table_.cosines_PH.to(x.device()), table_.sines_PH.to(x.device())};
    keep();
    for (const PreNormLayer& layer : nucleotide_layers_) {
      x = layer(x, e.bases, table);
      keep();
    }
    e.queries_RD = x;
    e.tokens = tokenization_({x, e.bases.rows, batch.ids_BT.size(1), parts(e.masked_R1)}, pass);
    if (!whole) return e;
    x = e.tokens.tokens_KD;
    const Units& units = e.tokens.units;
    e.token_places = {units.tokens, token_positions(e, options_.compact())};
    for (const PreNormLayer& layer : token_layers_) {
      keep();
      x = layer(x, e.token_places, table);
    }
    e.states_KD = token_norm_(x);
    return e;
  }

  std::vector<uint8_t> parts(const Tensor& masked_R1) const {
    if (!options_.protect_masks) return {};
    const Tensor plain = masked_R1.to(torch::kCPU).to(torch::kUInt8).contiguous();
    return {plain.data_ptr<uint8_t>(), plain.data_ptr<uint8_t>() + plain.numel()};
  }

  // Rank among the tokens of a row, or place of the unit's centre in it.
  static Tensor token_positions(const Encoded& e, bool by_rank) {
    const Units& units = e.tokens.units;
    if (!by_rank) return e.bases.positions_R.index_select(0, units.rows_K);
    const Tensor starts_K = units.tokens.starts_B.repeat_interleave(units.tokens.lengths_B);
    return (torch::arange(units.tokens.rows, torch::kInt64) - starts_K).to(units.rows_K.device());
  }

  // What asked rows (ascending) get from the tokens, normed: [n, D].
  Tensor decoded(const Encoded& e, const Tensor& asked_n) const {
    const Tensor plain_n = asked_n.to(torch::kCPU);
    const int64_t *row = plain_n.data_ptr<int64_t>(), *const end = row + plain_n.size(0);
    std::vector<int64_t> asked_B;
    for (int64_t b = 0; b < e.bases.rows.sequences(); ++b) {
      const int64_t* const first = row;
      const int64_t behind = e.bases.rows.starts()[b] + e.bases.rows.lengths()[b];
      row = std::lower_bound(row, end, behind);
      asked_B.push_back(row - first);
    }
    const Places places = {packed(asked_B), e.bases.positions_R.index_select(0, asked_n)};
    const Places keys = {e.token_places.rows, options_.compact() && options_.centre_positions
                                                  ? token_positions(e, false)
                                                  : e.token_places.positions_R};
    const Tensor queries_nD = e.queries_RD.index_select(0, asked_n);
    const Tensor residual_nD = options_.gate_residual
                                   ? queries_nD.masked_fill(e.masked_R1.index_select(0, asked_n), 0)
                                   : queries_nD;
    const RotaryTable table = {table_.cosines_PH.to(queries_nD.device()),
                               table_.sines_PH.to(queries_nD.device())};
    return decoder_norm_(decoder_.ask(queries_nD, residual_nD, places, e.states_KD, keys, table));
  }

  Tensor head(const Tensor& states_nD) const {
    const Tensor x_nD = head_norm_(bias_gelu(head_dense_.product(states_nD), head_dense_.bias()));
    return head_.product(x_nD).to(torch::kFloat32) + head_.bias();
  }

  // Packed rows back at their places of the padded batch: [B, T, D] fp32.
  Tensor in_place(const Encoded& e, const Tensor& x_RD, const TensorBatch& batch) const {
    return take_rows(x_RD.to(torch::kFloat32), e.row_S, e.flat_R)
        .view({batch.ids_BT.size(0), batch.ids_BT.size(1), options_.width});
  }
  Tensor over_bases(const Encoded& e, const Tensor& x_KD, const TensorBatch& batch) const {
    return in_place(e, take_rows_reference(x_KD, e.tokens.units.cover_R), batch);
  }

  MxdnaOptions options_;
  SpecialIds specials_;
  uint64_t seed_;
  Tensor words_VD_;
  std::vector<PreNormLayer> nucleotide_layers_, token_layers_;
  LearntTokenization tokenization_;
  PreNormLayer decoder_;
  Norm token_norm_, decoder_norm_, head_norm_;
  Projection head_dense_, head_;
  RotaryTable table_;
};

class MxdnaMaker : public ModelMaker {
 public:
  Fields fields() override { return options_.fields(); }
  std::shared_ptr<Model> make(const Tokenizer& vocabulary, uint64_t seed) override {
    if (vocabulary.kind() != "nucleotide")
      throw ConfigError(
          fmt::format("mxdna makes its own tokens of single bases; set vocab.name = nucleotide "
                      "(it is {})",
                      vocabulary.kind()));
    return make_mxdna(options_, vocabulary.vocab_size(), vocabulary.specials(), seed);
  }

 private:
  MxdnaOptions options_;
};

}  // namespace

std::string mxdna_parameter_name(const std::string& name, bool compact) {
  std::string out = name;
  for (const NamePair& pair : kNames)
    replace(compact ? pair.sparse : pair.compact, compact ? pair.compact : pair.sparse, &out);
  // The tokenization layer's LayerNorms are wrapped once more in the program of the sparse layout.
  if (out.rfind("model.conversion_layer.", 0) == 0) {
    const std::string plain[] = {".input_layernorm.", ".norm."};
    for (const std::string& each : plain) replace(each + "norm.", each, &out);
    const bool is_input = out.find(plain[0]) != std::string::npos;
    if (!compact) replace(plain[is_input ? 0 : 1], plain[is_input ? 0 : 1] + "norm.", &out);
  }
  return out;
}

std::shared_ptr<MxdnaModel> make_mxdna(const MxdnaOptions& options, int64_t vocab_size,
                                       const SpecialIds& specials, uint64_t seed) {
  if (options.taps % 2 == 0)
    throw ConfigError(fmt::format("model.taps = {} is not odd", options.taps));
  if (options.experts.empty() || options.experts.size() > 64)
    throw ConfigError(fmt::format("model.experts lists {} unit lengths; 1 to 64 are possible",
                                  options.experts.size()));
  if (std::find(options.experts.begin(), options.experts.end(), 1) == options.experts.end())
    throw ConfigError("model.experts must hold length 1, or bases would be in no unit");
  if (specials.pad < 0 || specials.cls < 0 || specials.sep < 0 || specials.mask < 0)
    throw ConfigError("mxdna needs a vocabulary with [PAD], [CLS], [SEP] and [MASK]");
  return std::make_shared<Mxdna>(options, vocab_size, specials, seed);
}

std::unique_ptr<ModelMaker> mxdna_maker() { return std::make_unique<MxdnaMaker>(); }

}  // namespace lexome
