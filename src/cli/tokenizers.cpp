#include "cli/tokenizers.h"

#include <filesystem>

#include "lexome/error.h"
#include "lexome/options.h"
#include "vocab/saved.h"

namespace lexome::cli {
namespace {

// What a run's recipe calls its model; empty where nothing does.
std::string model_of_run(const std::string& path) {
  const std::string recipe = path + "/recipe.toml";
  if (!std::filesystem::is_regular_file(recipe)) return "";
  const Recipe run = Recipe::from_file(recipe);
  const Recipe::Setting* const model = run.find("model.name");
  return model == nullptr ? "" : model->value;
}

// Whether a folder is a learned vocabulary, or a run of a model that makes its own tokens of single
// bases.
bool makes_own_tokens(const std::string& path) {
  return is_learned_vocabulary_folder(path) || model_of_run(path) == "mxdna";
}

// "NAME=PATH", or a path that names itself by its last part.
std::pair<std::string, std::string> named_path(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0 && !std::filesystem::exists(text)) {
    return {text.substr(0, equals), text.substr(equals + 1)};
  }
  std::filesystem::path path(text);
  if (path.filename().empty()) path = path.parent_path();
  return {path.stem().string(), text};
}

// `found`: why no network makes tokens here.
void refuse_network_options(const TokenizerRequest& request, const std::string& found) {
  if (request.flank >= 0) {
    throw ConfigError("--flank is for runs that make their own tokens (mxdna), and " + found);
  }
  const Machine& machine = request.machine;
  if (machine.device != "auto" || machine.precision != "auto" || machine.deterministic) {
    throw ConfigError(
        "--device, --precision and --deterministic are for tokens that a network makes (a learned "
        "vocabulary, a run of mxdna), and " +
        found);
  }
}

}  // namespace

LearnedTokenizer open_tokenizer(const TokenizerRequest& request) {
  if (makes_own_tokens(request.path)) return load_engine(request.machine).tokenizer(request);
  refuse_network_options(request, request.path + " is none");
  return {load_tokenizer(request.path), 0, "", nullptr};
}

std::vector<NamedTokenizer> open_tokenizers(const TokenizerRequest& request,
                                            const std::vector<std::string>& models) {
  std::vector<NamedTokenizer> opened;
  bool network = false;
  for (const std::string& model : models) {
    const auto [name, path] = named_path(model);
    if (model_of_run(path) == "vqdna") {
      throw InputError(path +
                       ": a run on the codes of a learned vocabulary, whose own tokens are single "
                       "bases; give the folder of the vocabulary");
    }
    TokenizerRequest one = request;
    one.path = path;
    if (makes_own_tokens(path)) {
      network = true;
    } else {
      one.machine = Machine{};
      one.flank = -1;
    }
    opened.push_back({name, open_tokenizer(one)});
  }
  if (!network) refuse_network_options(request, "no -m is one");
  return opened;
}

}  // namespace lexome::cli
