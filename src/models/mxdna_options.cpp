// MxDNA's options as recipe keys, and the names its parameters have in the two published programs.
#include "models/mxdna.h"

namespace lexome {
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

}  // namespace

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
      .choice("unit_layout", &unit_layout, {"compact", "sparse", "none"},
              "units move together, stay where their centre is (as in the published weights), or "
              "are not made")
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
            "compact layout: guesses know where in the sequence a unit stands")
      .flag("strand_consistent", &strand_consistent,
            "the reverse complement has the mirrored units; nucleotide layers run on both strands")
      .integers("codes", &codes, 2, 1000000,
                "sizes of one or two levels of codebooks over units; empty: none")
      .number("commitment", &commitment, 0.0, 100.0, "weight of units' distance to their codes")
      .flag("deformable", &deformable, "a deformable convolution assembles neighbouring units");
  return fields;
}

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

}  // namespace lexome
