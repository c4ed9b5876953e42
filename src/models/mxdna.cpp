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
#include <cmath>
#include <numeric>

#include "kernels/gelu.h"
#include "lexome/error.h"
#include "models/mxdna_codes.h"
#include "models/mxdna_tokens.h"
#include "models/registry.h"
#include "nn/parameters.h"
#include "nn/pre_norm.h"

namespace lexome {

namespace {

// A batch on its way through the model.
struct Encoded {
  Places bases;          // packed rows of nucleotides
  Tensor flat_R, row_S;  // place in the padded batch of a packed row, and back (-1: padding)
  Tensor masked_R1;      // 1 at [MASK]
  Tensor queries_RD;     // nucleotides before tokens are made
  LearntTokens tokens;
  CodedTokens codes;  // with codebooks
  Places token_places;
  Tensor states_KD;  // tokens after the last layer, normed
};

class Mxdna : public MxdnaModel {
 public:
  Mxdna(const MxdnaOptions& options, int64_t vocab_size, const SpecialIds& specials, uint64_t seed,
        const std::vector<int64_t>& complement)
      : options_(options), specials_(specials), seed_(seed), complement_(complement) {
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
    if (options.makes_units()) tokenization_ = LearntTokenization(*this, options, seed);
    if (!options.codes.empty()) codes_ = UnitCodes(*this, options, seed);
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
    unit_length_ = std::accumulate(options.experts.begin(), options.experts.end(), 0.0) /
                   static_cast<double>(options.experts.size());
  }

  int64_t width() const override { return options_.width; }
  int64_t num_layers() const override {
    return options_.nucleotide_layers + (options_.makes_units() ? 1 : 0) + options_.token_layers;
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
    out.parts = {{"mlm", guess.detach()}};
    if (options_.makes_units()) {
      out.parts.emplace_back("balance", e.tokens.balance.detach());
      out.parts.emplace_back("unit_length", mean_unit_length(e.tokens.units));
    }
    if (options_.z_loss > 0) out.parts.emplace_back("z", e.tokens.z.detach());
    if (!options_.codes.empty()) {
      out.total = out.total + options_.commitment * e.codes.commitment;
      out.parts.emplace_back("commitment", e.codes.commitment.detach());
      out.parts.insert(out.parts.end(), e.codes.parts.begin(), e.codes.parts.end());
    }
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

  const MxdnaOptions& options() const override { return options_; }
  MxdnaUnits units(const TensorBatch& batch, const Pass& pass) override {
    if (!options_.makes_units())
      throw ConfigError(
          "this model has model.unit_layout = none: its tokens are the bases themselves");
    const torch::NoGradGuard no_grad;
    Encoded e = encode(batch, pass, nullptr, false);
    return {std::move(e.tokens.units), e.bases.rows,
            e.tokens.scores_RE,        e.tokens.tokens_KD.to(torch::kFloat32),
            e.tokens.offsets_KF,       e.tokens.modulation_KF};
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

  // Before a run has measured them, units are taken to be as long as the experts are on average,
  // which is what the balancing loss works towards.
  void expect_units(double bases) override { unit_length_ = bases; }
  double forward_flops(int64_t rows, int64_t tokens, double guessed) const override {
    const auto bases = static_cast<double>(tokens), d = static_cast<double>(options_.width);
    const double units = options_.makes_units() ? bases / unit_length_ : bases;
    const PreNormOptions layer = layer_options();
    const double decoder =
        guessed * bases *
            (pre_norm_flops(layer, units) - 4 * d * d + 2 * d * (d + head_outputs())) +
        units * 4 * d * d;
    const auto strands = options_.strand_consistent ? 2.0 : 1.0;
    const auto before = static_cast<double>(options_.nucleotide_layers) * strands;
    return static_cast<double>(rows) *
           (before * bases * pre_norm_flops(layer, bases) +
            (options_.makes_units() ? tokenization_.flops(bases, units) : 0.0) +
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

  Tensor nucleotide_states(const Tensor& ids_R, const Places& places, const RotaryTable& table,
                           const Pass& pass, std::vector<Tensor>* kept) {
    Tensor x = at::embedding(words_VD_, ids_R, specials_.pad);
    if (pass.bf16) x = x.to(torch::kBFloat16);
    if (kept != nullptr) kept->push_back(x);
    for (const PreNormLayer& layer : nucleotide_layers_) {
      x = layer(x, places, table);
      if (kept != nullptr) kept->push_back(x);
    }
    return x;
  }

  BothStrands strands_of(const Tensor& ids_R, const Packed& rows) const {
    const Tensor plain = ids_R.to(torch::kCPU).contiguous();
    const int64_t* const ids = plain.data_ptr<int64_t>();
    return both_strands({ids, ids + plain.size(0)}, rows, complement_, options_.experts);
  }

  // All layers. `kept` gets every layer's output but the last; without `whole` it ends with tokens.
  Encoded encode(const TensorBatch& batch, const Pass& pass, std::vector<Tensor>* kept,
                 bool whole = true) {
    Encoded e = packed_batch(batch);
    const Tensor ids_R = batch.ids_BT.reshape({-1}).index_select(0, e.flat_R);
    e.masked_R1 = ids_R.eq(specials_.mask).unsqueeze(1);
    const RotaryTable table = {table_.cosines_PH.to(ids_R.device()),
                               table_.sines_PH.to(ids_R.device())};
    TokenInput input;
    BothStrands strands;
    Tensor x;
    if (options_.strand_consistent) {
      strands = strands_of(ids_R, e.bases.rows);
      input.strands = &strands;
      const auto on_device = [&](const std::vector<int64_t>& values) {
        return torch::tensor(values, torch::kInt64).to(ids_R.device());
      };
      input.states_SD =
          nucleotide_states(on_device(strands.ids_S),
                            {strands.rows, on_device(strands.positions_S)}, table, pass, kept);
      const Tensor own_R = strands.own_R.to(ids_R.device());
      x = input.states_SD.index_select(0, own_R);
      if (kept != nullptr)
        for (Tensor& each : *kept) each = each.index_select(0, own_R);
    } else {
      x = nucleotide_states(ids_R, e.bases, table, pass, kept);
    }
    e.queries_RD = x;
    if (options_.makes_units()) {
      input.states_RD = x;
      input.rows = e.bases.rows;
      input.padded_length = batch.ids_BT.size(1);
      input.parts = parts(e.masked_R1);
      e.tokens = tokenization_(input, pass);
    } else {
      e.tokens = every_base(x, e.bases.rows);
      if (kept != nullptr) kept->pop_back();
    }
    if (!whole) return e;
    if (!options_.codes.empty()) {
      e.codes = codes_(e.tokens, pass);
      e.tokens.tokens_KD = e.codes.tokens_KD;
    }
    x = e.tokens.tokens_KD;
    const Units& units = e.tokens.units;
    e.token_places = {units.tokens, token_positions(e, options_.compact())};
    for (const PreNormLayer& layer : token_layers_) {
      if (kept != nullptr) kept->push_back(x);
      x = layer(x, e.token_places, table);
    }
    e.states_KD = token_norm_(x);
    return e;
  }

  static Tensor mean_unit_length(const Units& units) {
    return torch::tensor(static_cast<float>(units.bases_N.size(0)) /
                         static_cast<float>(std::max<int64_t>(1, units.count())));
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
  std::vector<int64_t> complement_;  // of each id
  Tensor words_VD_;
  std::vector<PreNormLayer> nucleotide_layers_, token_layers_;
  LearntTokenization tokenization_;
  UnitCodes codes_;
  PreNormLayer decoder_;
  Norm token_norm_, decoder_norm_, head_norm_;
  Projection head_dense_, head_;
  RotaryTable table_;
  double unit_length_ = 1;  // bases, for the count of operations
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
    std::vector<int64_t> complements(static_cast<size_t>(vocabulary.vocab_size()));
    std::iota(complements.begin(), complements.end(), int64_t{0});
    const Tokens ids = vocabulary.encode_one(Bases{kA, kC, kG, kT});
    for (const Base base : {kA, kC, kG, kT})
      complements[static_cast<size_t>(ids.levels[0][base])] = ids.levels[0][complement(base)];
    return make_mxdna(options_, vocabulary.vocab_size(), vocabulary.specials(), seed, complements);
  }

 private:
  MxdnaOptions options_;
};

}  // namespace

void expect_units(Model& model, double bases) {
  auto* const with_units = dynamic_cast<MxdnaModel*>(&model);
  if (with_units != nullptr && !std::isnan(bases)) with_units->expect_units(bases);
}

std::shared_ptr<MxdnaModel> make_mxdna(const MxdnaOptions& options, int64_t vocab_size,
                                       const SpecialIds& specials, uint64_t seed,
                                       const std::vector<int64_t>& complement) {
  if (options.taps % 2 == 0)
    throw ConfigError(fmt::format("model.taps = {} is not odd", options.taps));
  if (options.experts.empty() || options.experts.size() > 64)
    throw ConfigError(fmt::format("model.experts lists {} unit lengths; 1 to 64 are possible",
                                  options.experts.size()));
  if (std::find(options.experts.begin(), options.experts.end(), 1) == options.experts.end())
    throw ConfigError("model.experts must hold length 1, or bases would be in no unit");
  if (specials.pad < 0 || specials.cls < 0 || specials.sep < 0 || specials.mask < 0)
    throw ConfigError("mxdna needs a vocabulary with [PAD], [CLS], [SEP] and [MASK]");
  if (!options.codes.empty() && !options.makes_units())
    throw ConfigError("model.codes names units, and model.unit_layout = none makes none");
  if (options.codes.size() > 2)
    throw ConfigError("model.codes: one level, or one before and one after units are assembled");
  if (options.strand_consistent && !options.makes_units())
    throw ConfigError("model.strand_consistent is about units, and model.unit_layout = none");
  if (options.strand_consistent && static_cast<int64_t>(complement.size()) != vocab_size)
    throw ConfigError("model.strand_consistent needs to know which base pairs with which");
  return std::make_shared<Mxdna>(options, vocab_size, specials, seed, complement);
}

std::unique_ptr<ModelMaker> mxdna_maker() { return std::make_unique<MxdnaMaker>(); }

}  // namespace lexome
