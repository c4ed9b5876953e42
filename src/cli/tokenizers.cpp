#include "cli/tokenizers.h"

#include <filesystem>

#include "lexome/error.h"
#include "lexome/options.h"
#include "vocab/saved.h"

namespace lexome::cli {
namespace {

// Whether a folder is a learned vocabulary, or a run of a model that makes its own tokens of single
// bases.
bool makes_own_tokens(const std::string& path) {
  if (is_learned_vocabulary_folder(path)) return true;
  const std::string recipe = path + "/recipe.toml";
  if (!std::filesystem::is_regular_file(recipe)) return false;
  const Recipe run = Recipe::from_file(recipe);
  const Recipe::Setting* const model = run.find("model.name");
  return model != nullptr && model->value == "mxdna";
}

}  // namespace

LearnedTokenizer open_tokenizer(const TokenizerRequest& request) {
  if (makes_own_tokens(request.path)) return load_engine(request.machine).tokenizer(request);
  if (request.flank >= 0) {
    throw ConfigError("--flank is for runs that make their own tokens (mxdna), and " +
                      request.path + " is none");
  }
  const Machine& machine = request.machine;
  if (machine.device != "auto" || machine.precision != "auto" || machine.deterministic) {
    throw ConfigError(
        "--device, --precision and --deterministic are for tokens that a network makes (a learned "
        "vocabulary, a run of mxdna), and " +
        request.path + " is none");
  }
  return {load_tokenizer(request.path), 0, "", nullptr};
}

}  // namespace lexome::cli
