#include "train/vocabulary_model.h"

#include <filesystem>

#include "base/text.h"
#include "models/tokens.h"
#include "train/load_vocabulary.h"
#include "vocab/nucleotide.h"
#include "vocab/registry.h"

namespace lexome {

bool is_vocabulary(const std::string& path) {
  return std::filesystem::is_regular_file(path) || holds_learned_vocabulary(path);
}

LoadedModel load_vocabulary_model(const std::string& path, const torch::Device& device) {
  LoadedModel loaded;
  TokensOptions options;
  if (holds_learned_vocabulary(path)) {
    LoadedVocabulary codes = load_vocabulary(path, device);
    options.coded = true;
    options.codes.adopt(codes);
    loaded.tokenizer = make_nucleotide("plain", codes.vocabulary->sees());
    loaded.sha256 = codes.sha256;
    loaded.folder = codes.folder;
    loaded.state = std::move(codes.state);
  } else {
    loaded.tokenizer = load_tokenizer(path);
    loaded.sha256 = sha256_of_file(path);
    loaded.folder = path;
    loaded.state = nlohmann::json::object();
  }
  loaded.model = make_tokens(options, *loaded.tokenizer);
  loaded.model->to(device);
  std::string name = kTokens;
  Schema schema;
  schema.add(Fields("model").text("name", &name, ""))
      .add(options.fields())
      .add(options.codes_fields());
  loaded.recipe_text = schema.dump();
  loaded.recipe = Recipe::from_text(loaded.recipe_text, path);
  return loaded;
}

}  // namespace lexome
