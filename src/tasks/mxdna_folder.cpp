#include "tasks/mxdna_folder.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/log.h"
#include "base/output_folder.h"
#include "base/text.h"
#include "lexome/error.h"
#include "models/mxdna.h"
#include "tasks/bert_folder.h"
#include "train/run_folder.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

// Ids 5 to 8 are A, C, G, T here and A, T, C, G there.
constexpr int64_t kOurs[] = {0, 1, 2, 3, 4, 5, 7, 8, 6}, kTheirs[] = {0, 1, 2, 3, 4, 5, 8, 6, 7};
constexpr int64_t kVocabulary = 9;

// What the published programs do not have: entries of lexome's own, so that a run comes back as it
// was. A folder without them is computed as released.
struct OwnEntry {
  const char* name;
  bool MxdnaOptions::*flag;
};
constexpr OwnEntry kOwnEntries[] = {{"as_released", &MxdnaOptions::as_released},
                                    {"protect_masks", &MxdnaOptions::protect_masks},
                                    {"gate_residual", &MxdnaOptions::gate_residual},
                                    {"centre_positions", &MxdnaOptions::centre_positions},
                                    {"strand_consistent", &MxdnaOptions::strand_consistent}};
constexpr const char* kByLetter[] = {"model.embed_tokens.weight", "lm_head.decoder.weight",
                                     "lm_head.bias"};

void reorder(const int64_t (&rows)[kVocabulary], TensorMap* weights) {
  for (const char* name : kByLetter) {
    const auto found = weights->find(name);
    if (found == weights->end() || found->second.size(0) != kVocabulary) continue;
    found->second = found->second.index_select(
        0, torch::tensor(std::vector<int64_t>(std::begin(rows), std::end(rows))));
  }
}

nlohmann::json read_config(const std::string& path) {
  try {
    return nlohmann::json::parse(read_text_file(path));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: not JSON: {}", path, error.what()));
  }
}

MxdnaOptions options_of(const nlohmann::json& config, const std::string& path) {
  MxdnaOptions options;
  options.as_released = true;
  try {
    if (config.value("hidden_act", "silu") != "silu" || config.value("num_motif_groups", 1) != 1 ||
        config.value("num_key_value_heads", config.at("num_attention_heads").get<int64_t>()) !=
            config.at("num_attention_heads"))
      throw FormatError(fmt::format(
          "{}: another MxDNA than lexome has: hidden_act other than silu, several motif groups, or "
          "fewer key heads than heads",
          path));
    if (config.value("vocab_size", kVocabulary) != kVocabulary)
      throw FormatError(
          fmt::format("{}: vocab_size is {} where five special tokens and four bases "
                      "make 9",
                      path, config.at("vocab_size").get<int64_t>()));
    options.nucleotide_layers = config.at("conversion_layer_idx");
    options.token_layers =
        config.at("num_hidden_layers").get<int64_t>() - options.nucleotide_layers - 1;
    options.width = config.at("hidden_size");
    options.heads = config.at("num_attention_heads");
    options.ffn = config.at("intermediate_size");
    options.experts = config.at("expert_kernel_sizes").get<std::vector<int64_t>>();
    options.taps = config.value("deformable_conv_kernel_size", options.taps);
    options.max_tokens = config.value("max_position_embeddings", int64_t{2048});
    options.jitter = config.value("router_jitter_noise", options.jitter);
    options.balance = config.value("router_aux_loss_coef", options.balance);
    options.layer_norm_eps = config.value("layer_norm_eps", options.layer_norm_eps);
    options.rotary_base = config.value("rope_theta", options.rotary_base);
    options.init = config.value("initializer_range", options.init);
    options.z_loss = config.value("z_loss", options.z_loss);
    for (const OwnEntry& entry : kOwnEntries)
      options.*entry.flag = config.value(entry.name, options.*entry.flag);
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: {}", path, error.what()));
  }
  return options;
}

nlohmann::ordered_json config_of(const MxdnaOptions& options) {
  nlohmann::ordered_json config = {
      {"architectures", {"MxDNAForMaskedLM"}},
      {"model_type", "mxdna"},
      {"vocab_size", kVocabulary},
      {"pad_token_id", 0},
      {"unk_token_id", 1},
      {"cls_token_id", 2},
      {"sep_token_id", 3},
      {"mask_token_id", 4},
      {"hidden_act", "silu"},
      {"hidden_size", options.width},
      {"intermediate_size", options.ffn},
      {"num_hidden_layers", options.nucleotide_layers + 1 + options.token_layers},
      {"conversion_layer_idx", options.nucleotide_layers},
      {"num_attention_heads", options.heads},
      {"num_key_value_heads", options.heads},
      {"max_position_embeddings", options.max_tokens},
      {"attention_dropout", 0.0},
      {"num_experts_per_tok", 1},
      {"num_local_experts", options.experts.size()},
      {"expert_kernel_sizes", options.experts},
      {"deformable_conv_kernel_size", options.taps},
      {"num_motif_groups", 1},
      {"router_aux_loss_coef", options.balance},
      {"router_jitter_noise", options.jitter},
      {"layer_norm_eps", options.layer_norm_eps},
      {"rope_theta", options.rotary_base},
      {"initializer_range", options.init},
      {"z_loss", options.z_loss}};
  for (const OwnEntry& entry : kOwnEntries) config[entry.name] = options.*entry.flag;
  return config;
}

Schema model_schema(std::string* name, MxdnaOptions* options) {
  Schema schema("of the model keys, convert takes those of mxdna");
  schema.add(Fields("model").text("name", name, "the model")).add(options->fields());
  return schema;
}

}  // namespace

bool is_mxdna_folder(const std::string& folder) {
  const nlohmann::json config = read_config(folder + "/config.json");
  return config.is_object() && config.value("model_type", nlohmann::json()) == "mxdna";
}

void mxdna_folder_to_run(const ConvertRequest& request) {
  const std::string path = request.input + "/config.json";
  OutputFolder out(request.out, "recipe.toml", "a run", request.force);
  MxdnaOptions options = options_of(read_config(path), path);
  std::string file;
  TensorMap weights = read_bert_weights(request.input, &file);
  for (const auto& item : weights)
    if (mxdna_parameter_name(item.first, true) != item.first) options.unit_layout = "sparse";
  std::string name = "mxdna";
  const Schema schema = model_schema(&name, &options);
  schema.apply(request.recipe);
  const auto tokenizer = make_nucleotide("plain");
  CheckpointContents contents;
  contents.recipe = schema.dump() + "vocab.layout = \"plain\"\nvocab.name = \"nucleotide\"\n";
  contents.tokenizer = tokenizer->to_json();
  // Made of the recipe and not of the options, so that what the file says is held to their ranges.
  const auto model = make_model(Recipe::from_text(contents.recipe, path), *tokenizer, 0);
  TensorMap own;
  for (const auto& [published, tensor] : weights)
    own.emplace(model->parameter_name(published), tensor);
  reorder(kOurs, &own);
  load_named_tensors(*model, own, file);
  contents.model = named_tensors(*model);
  contents.state = {
      {"kind", "converted"}, {"command", request.command}, {"from", sha256_of_file(file)}};
  RunFolder run(out.path());
  run.start(contents.recipe, contents.tokenizer);
  run.save(0, std::move(contents), false, 1);
  out.commit();
  log::info("{}: {} parameters in the {} layout, in {}", request.input,
            with_commas(model->parameter_counts().total), options.unit_layout, request.out);
}

void run_to_mxdna_folder(const ConvertRequest& request, const LoadedModel& loaded) {
  OutputFolder out(request.out, "config.json", "a published checkpoint", request.force);
  MxdnaOptions options;
  std::string name;
  const Schema schema = model_schema(&name, &options);
  schema.apply(recipe_sections(loaded.recipe, {"model"}));
  const char* const reason = loaded.state.contains("task") ? "it is fine-tuned"
                             : !options.makes_units()      ? "it makes no units (model.unit_layout)"
                             : !options.deformable         ? "model.deformable is false"
                             : !options.codes.empty()      ? "its units have codes (model.codes)"
                             : loaded.tokenizer->vocab_size() != kVocabulary
                                 ? "its vocabulary is not the plain one of nine ids"
                                 : nullptr;
  if (reason != nullptr)
    throw ConfigError(
        fmt::format("{}: the published programs cannot hold this run: {}", request.input, reason));
  for (const OwnEntry& entry : kOwnEntries)
    if (options.*entry.flag && entry.flag != &MxdnaOptions::as_released)
      log::warn("{}: the published programs compute without model.{}", request.input, entry.name);
  TensorMap weights = named_tensors(*loaded.model);
  reorder(kTheirs, &weights);
  write_text_file(out.file("config.json"), config_of(options).dump(2) + "\n");
  save_tensors(out.file("model.safetensors"), weights, {{"format", "pt"}});
  out.commit();
  log::info("{}: {} tensors under the names of the {} program in {}", request.input, weights.size(),
            options.unit_layout, request.out);
}

}  // namespace lexome
