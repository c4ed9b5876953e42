#include "tasks/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/output_folder.h"
#include "base/text.h"
#include "lexome/error.h"
#include "models/dnabert.h"
#include "tasks/bert_folder.h"
#include "tasks/mxdna_folder.h"
#include "tasks/task_model.h"
#include "train/checkpoint.h"
#include "train/run_folder.h"
#include "vocab/registry.h"
#include "vocab/vocab_txt.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

constexpr char kClassifier[] = "classifier.weight";

// The parts of a BERT that some checkpoints lack: base models have no masked-LM head, newer
// masked-LM models no pooler. A part is whole or absent.
struct Part {
  const char* prefix;
  const char* what;
};
constexpr Part kParts[] = {{"bert.pooler.", "pooler"}, {"cls.predictions.", "masked-LM head"}};

Schema model_schema(std::string* name, DnabertOptions* options) {
  Schema schema("of the model keys, convert takes those of dnabert");
  schema.add(Fields("model").text("name", name, "the model")).add(options->fields());
  return schema;
}

// The vocabulary of the folder in its saved form, and the keys of its recipe.
std::shared_ptr<const Tokenizer> read_vocabulary(const std::string& folder, int64_t vocab_size,
                                                 std::string* recipe) {
  const std::string path = folder + "/vocab.txt";
  if (!fs::exists(path)) throw InputError(folder + ": no vocab.txt beside config.json");
  const auto tokenizer = tokenizer_from_json(from_vocab_txt(read_text_file(path), path)->to_json(),
                                             "the vocabulary just made");
  if (tokenizer->vocab_size() != vocab_size) {
    throw FormatError(fmt::format("{}: {} tokens, but config.json says vocab_size {}", path,
                                  tokenizer->vocab_size(), vocab_size));
  }
  const auto json = nlohmann::json::parse(tokenizer->to_json());
  *recipe = fmt::format("vocab.k = {}\nvocab.name = \"kmer\"\nvocab.order = \"{}\"\n",
                        json.at("k").get<int64_t>(), json.at("order").get<std::string>());
  return tokenizer;
}

void add_absent_parts(const TensorMap& fresh, const std::string& origin, TensorMap* weights) {
  for (const Part& part : kParts) {
    const auto of_part = [&](const auto& item) { return item.first.rfind(part.prefix, 0) == 0; };
    if (std::any_of(weights->begin(), weights->end(), of_part)) continue;
    log::warn("{}: has no {}; it starts from random weights here, so do not read anything into it",
              origin, part.what);
    for (const auto& item : fresh) {
      if (of_part(item)) weights->insert(item);
    }
  }
}

TaskSpec task_of(const BertConfig& config, const Tensor& classifier, const std::string& folder,
                 const std::string& origin) {
  TaskSpec spec;
  spec.name = fs::path(folder).lexically_normal().filename().string();
  spec.pool = "cls";
  spec.keep = config.keep;
  spec.dropout = config.model.dropout;
  const int64_t outputs = classifier.size(0);
  spec.regression = outputs == 1;
  if (spec.regression) return spec;
  spec.classes = config.classes;
  if (spec.classes.empty()) {
    for (int64_t i = 0; i < outputs; ++i) spec.classes.push_back(std::to_string(i));
  }
  if (static_cast<int64_t>(spec.classes.size()) != outputs) {
    throw FormatError(fmt::format("{}: a classifier of {} classes, but config.json names {}",
                                  origin, outputs, spec.classes.size()));
  }
  return spec;
}

void to_run(const ConvertRequest& request) {
  const std::string& folder = request.input;
  OutputFolder out(request.out, "recipe.toml", "a run", request.force);
  BertConfig config = read_bert_config(folder + "/config.json");
  std::string name = "dnabert";
  const Schema schema = model_schema(&name, &config.model);
  schema.apply(request.recipe);
  CheckpointContents contents;
  std::string vocabulary_recipe;
  const auto tokenizer = read_vocabulary(folder, config.vocab_size, &vocabulary_recipe);
  std::string file;
  TensorMap weights = with_own_names(read_bert_weights(folder, &file), file);
  const auto model =
      make_dnabert(config.model, tokenizer->vocab_size(), tokenizer->specials().pad, 0);
  add_absent_parts(named_tensors(*model), file, &weights);
  TensorMap head = assign_tensors(weights, named_tensors(*model), file);
  contents.model = named_tensors(*model);
  contents.state = {
      {"kind", "converted"}, {"command", request.command}, {"from", sha256_of_file(file)}};
  if (head.count(kClassifier) > 0) {
    const TaskSpec spec = task_of(config, head.at(kClassifier), folder, file);
    ClassifierHead classifier(model->width(), spec.outputs(), 0, 0);
    head = assign_tensors(head, named_tensors(classifier), file);
    for (const auto& item : named_tensors(classifier)) contents.model.insert(item);
    contents.state["task"] = spec.to_json();
  }
  if (!head.empty()) {
    throw FormatError(
        fmt::format("{}: tensor '{}' has no place in this model", file, head.begin()->first));
  }
  contents.recipe = schema.dump() + vocabulary_recipe;
  contents.tokenizer = tokenizer->to_json();
  RunFolder run(out.path());
  run.start(contents.recipe, contents.tokenizer);
  run.save(0, std::move(contents), false, 1);
  out.commit();
  log::info("{}: {} parameters, {}, in {}", folder, with_commas(model->parameter_counts().total),
            tokenizer->describe(), request.out);
}

// Fine-tuned runs that BertForSequenceClassification computes as lexome does.
void check_task(const TaskSpec& spec, const std::string& path) {
  const char* reason = spec.pool != "cls"   ? "it pools otherwise than by [CLS] (finetune.pool)"
                       : spec.probe         ? "it standardises its features (finetune.mode = probe)"
                       : spec.head == "mlp" ? "its head has two layers (finetune.head = mlp)"
                       : spec.regression    ? "it predicts values"
                       : spec.in_pieces()   ? "it reads long sequences in pieces (finetune.long)"
                                            : nullptr;
  if (reason == nullptr) return;
  throw ConfigError(fmt::format(
      "{}: Hugging Face's BertForSequenceClassification cannot hold this run: {}; convert the "
      "pre-trained run instead",
      path, reason));
}

void to_bert_folder(const ConvertRequest& request) {
  if (!request.recipe.settings().empty()) {
    throw ConfigError("--set is for folders of Hugging Face; a run says all there is to say");
  }
  const LoadedModel loaded = load_model(request.input, torch::kCPU);
  const Recipe::Setting* kind = loaded.recipe.find("model.name");
  if (kind != nullptr && kind->value == "mxdna") return run_to_mxdna_folder(request, loaded);
  OutputFolder out(request.out, "config.json", "a Hugging Face checkpoint", request.force);
  BertConfig config;
  std::string name;
  const Schema schema = model_schema(&name, &config.model);
  if (kind == nullptr || kind->value != "dnabert") {
    throw ConfigError(
        fmt::format("{}: only dnabert and mxdna runs become published folders; this is {}",
                    request.input, kind == nullptr ? "unnamed" : kind->value));
  }
  schema.apply(recipe_sections(loaded.recipe, {"model"}));
  if (config.model.positions != "learned") {
    throw ConfigError(fmt::format(
        "{}: Hugging Face's BERT has learned positions; this model's are rotary (model.positions)",
        request.input));
  }
  config.vocab_size = loaded.tokenizer->vocab_size();
  TensorMap weights = named_tensors(*loaded.model);
  std::string architecture = "BertForMaskedLM";
  if (loaded.state.contains("task")) {
    const TaskSpec spec = TaskSpec::from_json(loaded.state["task"], loaded.folder + "/state.json");
    check_task(spec, request.input);
    architecture = "BertForSequenceClassification";
    config.classes = spec.classes;
    config.keep = spec.keep;
    // Adapters are merged already; what is left of them is for resuming alone.
    for (const auto& [tensor, value] : loaded.extra)
      if (tensor.rfind("lora.", 0) != 0) weights.emplace(tensor, value);
  }
  write_text_file(out.file("vocab.txt"), to_vocab_txt(*loaded.tokenizer));
  write_text_file(out.file("config.json"), bert_config_json(config, architecture).dump(2) + "\n");
  // Hugging Face's BERT tokenizer would turn letters to lower case and so lose every k-mer.
  const nlohmann::ordered_json tokenizer = {{"tokenizer_class", "BertTokenizer"},
                                            {"do_lower_case", false},
                                            {"model_max_length", config.model.max_tokens}};
  write_text_file(out.file("tokenizer_config.json"), tokenizer.dump(2) + "\n");
  save_tensors(out.file("model.safetensors"), weights, {{"format", "pt"}});
  out.commit();
  log::info("{}: {} tensors as {} in {}", request.input, weights.size(), architecture, request.out);
}

}  // namespace

void convert(const ConvertRequest& request) {
  if (!fs::exists(request.input)) throw InputError(request.input + ": no such folder");
  if (!fs::is_directory(request.input)) {
    throw InputError(request.input +
                     ": a file; give the folder that holds config.json, vocab.txt and the weights, "
                     "or a run");
  }
  if (fs::exists(request.input + "/config.json"))
    return is_mxdna_folder(request.input) ? mxdna_folder_to_run(request) : to_run(request);
  for (const char* sign : {"MANIFEST", "last", "best"}) {
    if (fs::exists(request.input + "/" + sign)) return to_bert_folder(request);
  }
  throw InputError(request.input +
                   ": neither a Hugging Face checkpoint (no config.json in it) nor a run of "
                   "lexome (no 'last' in it)");
}

}  // namespace lexome
