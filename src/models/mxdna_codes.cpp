#include "models/mxdna_codes.h"

#include <fmt/format.h>

#include "nn/code_health.h"
#include "tensor/comm.h"

namespace lexome {

UnitCodes::UnitCodes(torch::nn::Module& root, const MxdnaOptions& options, uint64_t seed) {
  QuantizerOptions quantizer;
  quantizer.kind = options.codes.size() == 1 ? "vq" : "hrq";
  quantizer.sizes = options.codes;
  quantizer.width = options.width;
  // Early in training units move together from step to step, and codes that follow as slowly as a
  // vocabulary's (0.99) are left behind until one or two of them stand for all units.
  quantizer.codebook.decay = 0.9;
  quantizer_ = make_quantizer(quantizer, seed);
  root.register_module("unit_codes", quantizer_);
}

CodedTokens UnitCodes::operator()(const LearntTokens& tokens, const Pass& pass) const {
  CodedTokens out;
  const Units& units = tokens.units;
  const Tensor is_unit_K = units.unit_of_R.index_select(0, units.rows_K).ge(0);
  out.tokens_KD = tokens.tokens_KD;
  out.commitment = torch::zeros({}, tokens.balance.options());
  if (units.count() == 0 || (!pass.training && !quantizer_->ready())) return out;
  std::vector<Tensor> taps;
  if (quantizer_->num_taps() == 2) taps.push_back(tokens.units_KD.to(torch::kFloat32));
  taps.push_back(tokens.tokens_KD.to(torch::kFloat32));
  const Quantized found = quantizer_->quantize(taps, is_unit_K, pass.training, single_worker());
  out.tokens_KD =
      torch::where(is_unit_K.unsqueeze(1), found.features_RD.to(tokens.tokens_KD.scalar_type()),
                   tokens.tokens_KD);
  out.commitment = found.commitment;
  for (size_t level = 0; level < found.levels.size(); ++level) {
    CodeHealth health(quantizer_->num_codes(static_cast<int>(level)));
    health.add(found.levels[level]);
    for (const auto& [name, value] : health.figures())
      if (name == "perplexity")
        out.parts.emplace_back(fmt::format("{}_{}", name, level + 1),
                               torch::tensor(static_cast<float>(value)));
  }
  if (pass.training) quantizer_->update(pass.step, single_worker());
  return out;
}

}  // namespace lexome
