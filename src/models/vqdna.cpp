// Shape letters: B rows, L bases, R = B * L, S stem width, D width. The decoder is the encoder in
// reverse; with stride 1 a transposed convolution is a convolution with its taps reversed, and
// since taps are learned, both are written as convolutions and stored in the order they read.
#include "models/vqdna.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/gelu.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "kernels/dropout.h"
#include "kernels/layernorm.h"
#include "lexome/bases.h"
#include "lexome/error.h"
#include "nn/convnext.h"
#include "nn/linear.h"
#include "nn/parameters.h"
#include "nn/sequence.h"

namespace lexome {
namespace {

constexpr int64_t kLetters = 4;
constexpr int64_t kStemTaps = 5, kBlockTaps = 7;
constexpr int64_t kNoBase = -100;    // what cross-entropy ignores
constexpr uint32_t kHidingSite = 0;  // the only place where a pass draws numbers

}  // namespace

VqdnaOptions::VqdnaOptions(std::string which) : kind(std::move(which)) {}

Fields VqdnaOptions::fields(const std::string& section) {
  Fields fields(section);
  fields
      .integers(
          "sizes", &sizes, 1, 1 << 24,
          "codes of each level, coarse first (fsq: steps of each channel); empty: as the kind "
          "has it")
      .integers("taps", &taps, 1, 1000,
                "blocks whose outputs are quantised, shallow first; empty: as the kind has it")
      .integer("stem", &stem, 4, 16384, "channels of the first convolution")
      .integer("width", &width, 8, 16384, "channels of the blocks and width of a code")
      .integer("blocks", &blocks, 1, 1000, "residual blocks, of encoder and decoder each")
      .integer("expansion", &expansion, 1, 64, "inner width of a block over its width")
      .integer("transition", &transition, 1, 99, "taps of the convolution from stem to blocks; odd")
      .number("layer_scale", &layer_scale, 0, 10, "first scale of a block's branch; 0: none")
      .number("norm_eps", &norm_eps, 1e-15, 1e-3, "added to variances in LayerNorm")
      .flag("tap_norm", &tap_norm, "LayerNorm between a block's output and its codebook")
      .choice("metric", &metric, {"l2", "cosine"}, "what nearest means")
      .choice("gradient", &gradient, {"ste", "rotation"}, "how gradients pass the choice of a code")
      .number("beta", &beta, 0, 100, "weight of the commitment loss")
      .number("hide", &hide, 0, 0.99,
              "share of codes that the decoder is not shown in every second training row, so that "
              "codes answer for their neighbours; 0: none, as published")
      .choice("commit", &commit, {"mean", "sum"}, "commitment over levels")
      .choice("prev_code_grad", &prev_code_grad, {"ste", "detach"},
              "hrq: whether gradients pass the code of the level before")
      .choice("init", &init, {"kmeans", "random"}, "first codes")
      .integer("init_iterations", &codebook.init_iterations, 1, 1000, "of k-means")
      .number("decay", &codebook.decay, 0, 0.999999, "what stays of the averages at an update")
      .number("smoothing", &codebook.smoothing, 0, 1, "Laplace smoothing of the codes' counts")
      .number("revive_below", &codebook.revive_below, 0, 1,
              "codes used less than this share of the mean start anew; 0: never");
  return fields;
}

std::vector<int64_t> VqdnaOptions::sizes_or_default() const {
  if (!sizes.empty()) return sizes;
  if (kind == "vq") return {512};
  if (kind == "fsq") return {8, 8, 8};
  return {1024, 2048};
}

std::vector<int64_t> VqdnaOptions::taps_or_default() const {
  if (!taps.empty()) return taps;
  if (kind != "hrq") return {blocks};
  const auto levels = static_cast<int64_t>(sizes_or_default().size());
  std::vector<int64_t> spread;
  for (int64_t level = 1; level <= levels; ++level) spread.push_back(blocks * level / levels);
  return spread;
}

void VqdnaOptions::check() const {
  const std::vector<int64_t> levels = sizes_or_default(), depths = taps_or_default();
  if (transition % 2 == 0) throw ConfigError("vocab.transition must be odd");
  const size_t needed = kind == "hrq" ? levels.size() : 1;
  if (depths.size() != needed) {
    throw ConfigError(
        fmt::format("vocab.taps names {} blocks where {} reads {}", depths.size(), kind, needed));
  }
  for (size_t i = 0; i < depths.size(); ++i) {
    if (depths[i] > blocks || depths[i] < 1 || (i > 0 && depths[i] <= depths[i - 1])) {
      throw ConfigError(
          fmt::format("vocab.taps = {}: must rise and lie within 1 to vocab.blocks ({})",
                      fmt::join(depths, ","), blocks));
    }
  }
}

QuantizerOptions VqdnaOptions::quantizer() const {
  QuantizerOptions made;
  made.kind = kind;
  made.sizes = sizes_or_default();
  made.width = width;
  made.codebook = codebook;
  made.codebook.cosine = metric == "cosine";
  made.codebook.kmeans = init == "kmeans";
  made.estimator = gradient == "rotation" ? Estimator::kRotation : Estimator::kStraightThrough;
  made.detach_previous = prev_code_grad == "detach";
  made.sum_commitment = commit == "sum";
  return made;
}

// The network without its quantiser, so that its parameters count apart.
struct Vqdna::Network : torch::nn::Module {
  struct Norm {
    Tensor weight, bias;
  };

  Network(const VqdnaOptions& given, uint64_t seed_) : options(given), seed(seed_) {
    const int64_t s = options.stem, d = options.width;
    stem = projection("encoder.stem", s, kStemTaps * kLetters,
                      std::sqrt(2.0 / static_cast<double>(kStemTaps)));
    stem_norm = norm("encoder.stem_norm", s);
    up = projection("encoder.up", d, options.transition * s,
                    1.0 / std::sqrt(static_cast<double>(options.transition * s)));
    ConvNextOptions block;
    block.width = d;
    block.taps = kBlockTaps;
    block.expansion = options.expansion;
    block.layer_scale = options.layer_scale;
    block.norm_eps = options.norm_eps;
    for (int64_t i = 0; i < options.blocks; ++i)
      encoder.emplace_back(*this, fmt::format("encoder.block{}", i + 1), block, seed);
    if (options.tap_norm) {
      for (const int64_t tap : options.taps_or_default())
        tap_norms.push_back(norm(fmt::format("encoder.tap_norm{}", tap), d));
    }
    for (int64_t i = 0; i < options.blocks; ++i)
      decoder.emplace_back(*this, fmt::format("decoder.block{}", i + 1), block, seed);
    down = projection("decoder.down", s, options.transition * d,
                      1.0 / std::sqrt(static_cast<double>(options.transition * d)));
    down_norm = norm("decoder.down_norm", s);
    const double spread = 1.0 / std::sqrt(static_cast<double>(kStemTaps * s));
    // Rows are taps times letters: one product, whose columns are then shifted and added.
    head = Projection({add_parameter(*this, "decoder.head.weight", {kStemTaps * kLetters, s},
                                     Init::kNormal, seed, spread)},
                      {});
    head_bias_4 = add_parameter(*this, "decoder.head.bias", {kLetters}, Init::kZeros, seed);
  }

  Projection projection(const std::string& name, int64_t out, int64_t in, double spread) {
    return Projection(
        {add_parameter(*this, name + ".weight", {out, in}, Init::kNormal, seed, spread)},
        {add_parameter(*this, name + ".bias", {out}, Init::kZeros, seed)});
  }
  Norm norm(const std::string& name, int64_t size) {
    return {add_parameter(*this, name + ".weight", {size}, Init::kOnes, seed),
            add_parameter(*this, name + ".bias", {size}, Init::kZeros, seed)};
  }

  // A convolution as a product over gathered neighbours; fp32 out.
  static Tensor convolve(const Projection& filters, const Tensor& x_BLC, int64_t taps, bool bf16) {
    Tensor gathered_RC = neighbours(x_BLC, taps);
    gathered_RC = gathered_RC.reshape({-1, gathered_RC.size(2)});
    if (bf16) gathered_RC = gathered_RC.to(torch::kBFloat16);
    const Tensor y_RC = filters.product(gathered_RC).to(torch::kFloat32) + filters.bias();
    return y_RC.view({x_BLC.size(0), x_BLC.size(1), -1});
  }
  Tensor normed(const Tensor& x_BLC, const Norm& by) const {
    return layer_norm(x_BLC, by.weight, by.bias, options.norm_eps);
  }

  // Features at the taps: [B, L, D] each, shallow first.
  std::vector<Tensor> encode(const Tensor& bases_BL4, const Tensor& lengths_B, bool bf16) const {
    const Tensor behind_BL1 = behind_end(lengths_B, bases_BL4.size(1));
    const Tensor stem_BLS = at::gelu(normed(convolve(stem, bases_BL4, kStemTaps, bf16), stem_norm));
    Tensor x_BLD = convolve(up, stem_BLS.masked_fill(behind_BL1, 0), options.transition, bf16);
    const std::vector<int64_t> depths = options.taps_or_default();
    std::vector<Tensor> taps;
    for (size_t i = 0; i < encoder.size() && taps.size() < depths.size(); ++i) {
      x_BLD = encoder[i](x_BLD, lengths_B, bf16);
      if (static_cast<int64_t>(i) + 1 != depths[taps.size()]) continue;
      taps.push_back(tap_norms.empty() ? x_BLD : normed(x_BLD, tap_norms[taps.size()]));
    }
    return taps;
  }

  // Logits [B, L, 4].
  Tensor decode(Tensor x_BLD, const Tensor& lengths_B, bool bf16) const {
    const int64_t length = x_BLD.size(1), half = kStemTaps / 2;
    const Tensor behind_BL1 = behind_end(lengths_B, length);
    for (const ConvNextBlock& block : decoder) x_BLD = block(x_BLD, lengths_B, bf16);
    Tensor y_BLS = convolve(down, x_BLD.masked_fill(behind_BL1, 0), options.transition, bf16);
    y_BLS = at::gelu(normed(y_BLS, down_norm)).masked_fill(behind_BL1, 0);
    Tensor y_RS = y_BLS.view({-1, options.stem});
    if (bf16) y_RS = y_RS.to(torch::kBFloat16);
    const Tensor shares = at::constant_pad_nd(
        head.product(y_RS).to(torch::kFloat32).view({y_BLS.size(0), length, -1}),
        {0, 0, half, half});
    Tensor logits_BL4 = head_bias_4;
    for (int64_t tap = 0; tap < kStemTaps; ++tap)
      logits_BL4 = logits_BL4 + shares.narrow(1, tap, length).narrow(2, tap * kLetters, kLetters);
    return logits_BL4;
  }

  VqdnaOptions options;
  uint64_t seed;
  Projection stem, up, down, head;
  Norm stem_norm, down_norm;
  std::vector<Norm> tap_norms;
  std::vector<ConvNextBlock> encoder, decoder;
  Tensor head_bias_4;
};

Vqdna::Vqdna(const VqdnaOptions& options, uint64_t seed) : options_(options) {
  options.check();
  network_ = register_module("network", std::make_shared<Network>(options, seed));
  quantizer_ = register_module("quantizer", make_quantizer(options.quantizer(), seed));
}

std::vector<Tensor> Vqdna::taps(const Tensor& bases_BL4, const Tensor& lengths_B, bool bf16) const {
  std::vector<Tensor> taps_RD = network_->encode(bases_BL4, lengths_B, bf16);
  for (Tensor& tap : taps_RD) tap = tap.view({-1, options_.width});
  return taps_RD;
}

static Tensor real_bases(const Tensor& bases_BL4) { return bases_BL4.sum(2).view({-1}).gt(0); }

Quantized Vqdna::quantize(const Tensor& bases_BL4, const Tensor& lengths_B, const Pass& pass,
                          Comm& comm) {
  return quantizer_->quantize(taps(bases_BL4, lengths_B, pass.bf16), real_bases(bases_BL4),
                              pass.training, comm);
}

std::vector<Tensor> Vqdna::codes(const Tensor& bases_BL4, const Tensor& lengths_B,
                                 bool bf16) const {
  const torch::NoGradGuard no_grad;
  return quantizer_->codes(taps(bases_BL4, lengths_B, bf16), real_bases(bases_BL4));
}

CodedBatch Vqdna::code(const TensorBatch& batch, const Pass& pass, Comm& comm) {
  const Tensor bases_BL4 = one_hot_bases(batch, torch::kFloat32), lengths_B = base_lengths(batch);
  const Tensor targets_R = bases_BL4.argmax(2).view({-1});
  const Tensor real_R = real_bases(bases_BL4);
  CodedBatch out;
  out.quantized = quantize(bases_BL4, lengths_B, pass, comm);
  const Tensor features_BLD = shown(out.quantized.features_RD, lengths_B.size(0), pass);
  out.logits_R4 = decode(features_BLD, lengths_B, pass).view({-1, kLetters});
  out.bases = real_R.sum().item<int64_t>();
  out.reconstruction =
      out.bases == 0 ? out.logits_R4.sum() * 0.0
                     : at::cross_entropy_loss(out.logits_R4,
                                              targets_R.masked_fill(real_R.logical_not(), kNoBase));
  out.total = out.reconstruction + options_.beta * out.quantized.commitment;
  const Tensor right_R = out.logits_R4.argmax(1).eq(targets_R) & real_R;
  out.accuracy = static_cast<double>(right_R.sum().item<int64_t>()) /
                 static_cast<double>(std::max<int64_t>(1, out.bases));
  return out;
}

Tensor Vqdna::shown(const Tensor& features_RD, int64_t rows, const Pass& pass) const {
  const Tensor features_BLD = features_RD.view({rows, -1, options_.width});
  if (!pass.training || options_.hide == 0) return features_BLD;
  const Dropout hiding{options_.hide, pass.seed, pass.step, kHidingSite};
  const Tensor kept_BL1 = dropout_multipliers(hiding, features_RD.size(0), 1, features_RD.device())
                              .gt(0)
                              .view({rows, -1, 1});
  const Tensor whole_B11 =
      torch::arange(rows, features_RD.device()).remainder(2).eq(0).view({rows, 1, 1});
  return features_BLD.masked_fill((kept_BL1 | whole_B11).logical_not(), 0);
}

Tensor Vqdna::decode(const Tensor& features_BLD, const Tensor& lengths_B, const Pass& pass) const {
  return network_->decode(features_BLD, lengths_B, pass.bf16);
}

std::string Vqdna::describe() const {
  std::vector<int64_t> codes, reach;
  for (int level = 0; level < quantizer_->num_levels(); ++level) {
    codes.push_back(quantizer_->num_codes(level));
    reach.push_back(sees(level).left);
  }
  return fmt::format("{} codes a base by {}, each sees {} bases left and right",
                     fmt::join(codes, " + "), options_.kind, fmt::join(reach, " / "));
}

Sees Vqdna::sees(int level) const {
  const std::vector<int64_t> taps = options_.taps_or_default();
  const int64_t blocks = taps.at(options_.kind == "hrq" ? static_cast<size_t>(level) : 0);
  const int64_t reach = kStemTaps / 2 + options_.transition / 2 + blocks * (kBlockTaps / 2);
  return {reach, reach};
}

ParameterCounts Vqdna::parameter_counts() const {
  ParameterCounts counts;
  for (const Tensor& parameter : network_->parameters()) counts.trunk += parameter.numel();
  for (const Tensor& parameter : quantizer_->parameters()) counts.embedding += parameter.numel();
  for (const auto& buffer : quantizer_->named_buffers())
    if (buffer.key().ends_with("codes")) counts.embedding += buffer.value().numel();
  counts.total = counts.trunk + counts.embedding;
  return counts;
}

// What encoder and decoder cost each, multiplications a base.
static double half_flops(const VqdnaOptions& options) {
  const auto s = static_cast<double>(options.stem), d = static_cast<double>(options.width);
  const double end = kStemTaps * kLetters * s + static_cast<double>(options.transition) * s * d;
  const double block = 2 * static_cast<double>(options.expansion) * d * d + kBlockTaps * d;
  return end + static_cast<double>(options.blocks) * block;
}

double Vqdna::encoding_flops(int64_t bases) const {
  double codes = 0;
  for (int level = 0; level < quantizer_->num_levels() && options_.kind != "fsq"; ++level)
    codes += static_cast<double>(quantizer_->num_codes(level) * options_.width);
  return 2 * static_cast<double>(bases) * (half_flops(options_) + codes);
}

double Vqdna::forward_flops(int64_t bases) const {
  return encoding_flops(bases) + 2 * static_cast<double>(bases) * half_flops(options_);
}

std::string compare_with_paper(const VqdnaOptions& options, const ParameterCounts& counts) {
  const bool full = options.stem == 256 && options.width == 384 && options.blocks == 6 &&
                    options.expansion == 4 && (options.kind == "vq" || options.kind == "hrq");
  if (!full) return "";
  const double paper = options.kind == "vq" ? 16e6 : 17e6;
  return fmt::format(
      "the paper counts {:.0f} M parameters, this network with its codebooks {:.2f} M: {:.2f} M "
      "are not explained by any public source",
      paper / 1e6, static_cast<double>(counts.total) / 1e6,
      (paper - static_cast<double>(counts.total)) / 1e6);
}

}  // namespace lexome
