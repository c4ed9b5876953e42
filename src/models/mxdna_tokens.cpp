#include "models/mxdna_tokens.h"

#include <ATen/ops/cat.h>

#include "kernels/deformable.h"
#include "kernels/jitter.h"
#include "kernels/linear.h"
#include "nn/parameters.h"
#include "nn/router_losses.h"

namespace lexome {
namespace {

constexpr uint32_t kJitterSite = 1;

// Rows that are the centre of a unit, as factors [.., 1]: only these are seen by the convolution.
Tensor unit_flags(const Tensor& units, const Tensor& like) {
  return units.ge(0).to(like.scalar_type()).unsqueeze(1);
}

}  // namespace

LearntTokens every_base(const Tensor& states_RD, const Packed& rows) {
  LearntTokens out;
  out.tokens_KD = states_RD;
  out.units.tokens = rows;
  out.units.rows_K = out.units.token_of_R = out.units.cover_R =
      torch::arange(rows.rows, torch::TensorOptions(torch::kInt64).device(states_RD.device()));
  out.balance = out.z = torch::zeros({}, states_RD.options().dtype(torch::kFloat32));
  return out;
}

LearntTokenization::LearntTokenization(torch::nn::Module& root, const MxdnaOptions& options,
                                       uint64_t seed)
    : options_(options) {
  const int64_t d = options.width, taps = options.taps;
  const bool compact = options.compact();
  const std::string at = "model.conversion_layer.";
  const auto name = [&](const std::string& own) { return mxdna_parameter_name(at + own, compact); };
  const auto parameter = [&](const std::string& own, torch::IntArrayRef shape, Init init) {
    return add_parameter(root, name(own), shape, init, seed, options.init);
  };
  const auto norm_name = [&](const std::string& own) {
    return at + own + (compact ? "" : ".norm");
  };
  // Stands in every published file and is read by no program.
  parameter("basic_unit_masked_token_embedding", {d}, Init::kNormal).set_requires_grad(false);
  gate_ED_ =
      parameter("gate.weight", {static_cast<int64_t>(options.experts.size()), d}, Init::kNormal);
  input_norm_ = add_norm(root, norm_name("input_layernorm"), d, options.layer_norm_eps);
  ConvExpertNames names;
  names.prefix = at + "conv_moe.experts";
  if (!compact) {
    names.convolution = "depthwise_conv";
    names.norm = "norm.norm";
  }
  experts_ =
      ConvExperts(root, names, options.experts, d, compact ? 1e-5 : 1e-6, options.init, seed);
  if (!options.deformable) return;
  assembly_norm_ =
      add_norm(root, norm_name("deform_conv.input_layernorm"), d, options.layer_norm_eps);
  offset_filters_ = parameter("deform_conv.offset_conv.weight", {taps, d, taps}, Init::kZeros);
  offset_bias_F_ = parameter("deform_conv.offset_conv.bias", {taps}, Init::kZeros);
  modulator_filters_ =
      parameter("deform_conv.modulator_conv.weight", {taps, d, taps}, Init::kZeros);
  modulator_bias_F_ = parameter("deform_conv.modulator_conv.bias", {taps}, Init::kZeros);
  filters_ = parameter("deform_conv.regular_conv.weight", {d, d, taps, 1}, Init::kNormal);
}

// W_g (z * noise): [R, E] fp32. What special rows score is never looked at.
Tensor LearntTokenization::scores(const Tensor& z_RD, const Packed& rows, const Pass& pass) const {
  if (!pass.training || options_.jitter == 0) return torch::mm(z_RD, gate_ED_.t());
  std::vector<uint64_t> keys;
  for (int64_t b = 0; b < rows.sequences(); ++b)
    for (int64_t t = 0; t < rows.lengths()[b]; ++t)
      keys.push_back(static_cast<uint64_t>(b) << 32 | static_cast<uint64_t>(t));
  const Tensor noise_RD =
      jitter_factors(options_.jitter, {0.0, pass.seed, pass.step, kJitterSite}, keys, z_RD.size(1))
          .to(z_RD.device());
  return torch::mm(z_RD * noise_RD, gate_ED_.t());
}

// What offsets and modulation are made of: two convolutions over neighbouring rows as one product,
// [K, 2 F] fp32. Beyond a row's ends stand zeros; as released, padding behind it counts as a row of
// LayerNorm's bias.
Tensor LearntTokenization::offset_features(const Tensor& y_SD, const Packed& rows,
                                           const Tensor& at_K, const Packed& outputs,
                                           int64_t padded_length) const {
  const int64_t taps = options_.taps, width = y_SD.size(1), sources = y_SD.size(0);
  const Tensor filters = at::cat({offset_filters_, modulator_filters_})
                             .permute({2, 0, 1})
                             .reshape({taps * 2 * taps, width});
  Tensor products = torch::mm(y_SD, filters.t());
  const Tensor beyond = torch::zeros({1, products.size(1)}, products.options());
  const Tensor padding =
      options_.as_released ? torch::mm(assembly_norm_.beta_D.unsqueeze(0), filters.t()) : beyond;
  products = at::cat({products, beyond, padding}).view({sources + 2, taps, 2 * taps});
  const Tensor places_FK = torch::empty({taps, at_K.size(0)}, torch::kInt64);
  const Tensor plain_at_K = at_K.to(torch::kCPU);
  const int64_t* const at = plain_at_K.data_ptr<int64_t>();
  for (int64_t b = 0; b < outputs.sequences(); ++b) {
    const int64_t first = rows.starts()[b], length = rows.lengths()[b];
    for (int64_t k = outputs.starts()[b]; k < outputs.starts()[b] + outputs.lengths()[b]; ++k) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t place = at[k] - first + tap - taps / 2;
        const bool is_padding = place >= length && place < padded_length;
        places_FK.data_ptr<int64_t>()[tap * at_K.size(0) + k] =
            place >= 0 && place < length ? first + place : sources + (is_padding ? 1 : 0);
      }
    }
  }
  const Tensor places = places_FK.to(y_SD.device());
  Tensor sum = at::cat({offset_bias_F_, modulator_bias_F_}).unsqueeze(0);
  for (int64_t tap = 0; tap < taps; ++tap)
    sum = sum + products.select(1, tap).gather(
                    0, places[tap].unsqueeze(1).expand({at_K.size(0), 2 * taps}));
  return sum;
}

// T_i = h_i + sum_t W_t (modulation * what tap t reads): the tokens [K, D].
void LearntTokenization::assemble(const Tensor& states_RD, const TokenInput& input,
                                  LearntTokens* out) const {
  const Tensor& kept_KD = out->units_KD;
  const Units& units = out->units;
  out->tokens_KD = kept_KD;
  if (!options_.deformable) return;
  const bool compact = options_.compact();
  const Tensor source_SD = compact ? kept_KD : states_RD;
  const Packed& rows = compact ? units.tokens : input.rows;
  const Tensor at_K =
      compact ? torch::arange(kept_KD.size(0), units.rows_K.options()) : units.rows_K;
  const Tensor y_SD = assembly_norm_(source_SD.to(torch::kFloat32));
  const Tensor features = offset_features(y_SD, rows, at_K, units.tokens,
                                          compact ? units.tokens.longest : input.padded_length);
  out->offsets_KF = features.slice(1, 0, options_.taps);
  out->modulation_KF = features.slice(1, options_.taps).sigmoid() * 2.0;
  const Tensor of_unit = compact ? units.unit_of_R.index_select(0, units.rows_K) : units.unit_of_R;
  const Tensor v_SD = (y_SD * unit_flags(of_unit, y_SD)).to(states_RD.scalar_type());
  const Tensor samples =
      deformable_samples(v_SD, rows, at_K, units.tokens, out->offsets_KF, out->modulation_KF);
  const Tensor filters = filters_.squeeze(3).permute({0, 2, 1}).reshape({filters_.size(0), -1});
  out->tokens_KD =
      kept_KD + matmul_weight(samples, {filters}, copy_weights({filters}, samples.scalar_type()));
}

LearntTokens LearntTokenization::operator()(const TokenInput& input, const Pass& pass) const {
  const Tensor& states_RD = input.states_RD;
  const Tensor z_RD = input_norm_(states_RD.to(torch::kFloat32));
  LearntTokens out;
  if (input.strands != nullptr) {
    const Tensor z_SD = input_norm_(input.states_SD.to(torch::kFloat32));
    out.scores_RE = strand_mean(scores(z_SD, input.strands->rows, pass), *input.strands);
    out.units = choose_units(out.scores_RE, input.rows, options_.experts, input.parts,
                             input.strands->orientation_B);
  } else {
    out.scores_RE = scores(z_RD, input.rows, pass);
    out.units = choose_units(out.scores_RE, input.rows, options_.experts, input.parts);
  }
  const Units& units = out.units;
  const Tensor scores_UE = out.scores_RE.index_select(0, units.centres_U);
  const Tensor probabilities_UE = torch::softmax(scores_UE, 1);
  out.balance = balance_loss(probabilities_UE, units.experts_U);
  out.z = z_loss(scores_UE);
  Tensor updated_RD = states_RD;
  if (units.count() > 0) {
    const Tensor bases_ND =
        take_rows(z_RD.to(states_RD.scalar_type()), units.bases_N, units.slot_of_R);
    const Tensor weight_U1 = probabilities_UE.gather(1, units.experts_U.unsqueeze(1));
    const Tensor made_UD =
        (experts_(bases_ND, units.of_expert) * weight_U1).to(states_RD.scalar_type());
    updated_RD = states_RD + take_rows(made_UD, units.unit_of_R, units.centres_U);
  }
  out.units_KD = take_rows(updated_RD, units.rows_K, units.token_of_R);
  assemble(updated_RD, input, &out);
  return out;
}

double LearntTokenization::flops(double rows, double units) const {
  const auto d = static_cast<double>(options_.width), taps = static_cast<double>(options_.taps);
  const auto experts = static_cast<double>(options_.experts.size());
  double made = 0;
  for (size_t e = 0; e < options_.experts.size(); ++e)
    made += experts_.flops_a_unit(e) * units / experts;
  const double scored = rows * (options_.strand_consistent ? 4 : 2) * d * experts;
  if (!options_.deformable) return made + scored;
  const double sources = options_.compact() ? units : rows;
  return made + scored + sources * 4 * taps * taps * d + units * 2 * taps * d * d;
}

}  // namespace lexome
