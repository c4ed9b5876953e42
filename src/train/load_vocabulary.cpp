#include "train/load_vocabulary.h"

#include <fmt/format.h>

#include <filesystem>

#include "lexome/error.h"
#include "train/checkpoint.h"
#include "vocab/saved.h"

namespace lexome {

VqdnaOptions vocabulary_options(const Recipe& recipe, const std::string& kind) {
  VqdnaOptions options(kind);
  std::string name;
  Schema schema;
  schema.add(Fields("vocab").text("name", &name, "")).add(options.fields());
  schema.apply(recipe_sections(recipe, {"vocab"}));
  options.check();
  return options;
}

bool holds_learned_vocabulary(const std::string& path) {
  const std::string file = path + "/tokenizer.json";
  return std::filesystem::is_regular_file(file) && is_learned_file(file);
}

LoadedVocabulary load_vocabulary(const std::string& path, const torch::Device& device) {
  if (std::filesystem::is_regular_file(path)) {
    throw InputError(
        fmt::format("{}: a file, where the folder of a learned vocabulary is needed", path));
  }
  LoadedVocabulary loaded;
  loaded.folder = resolve_checkpoint(path, /*prefer_last=*/true);
  CheckpointContents contents = read_checkpoint(loaded.folder, false);
  const std::string origin = loaded.folder + "/tokenizer.json";
  const LearnedFile file = read_learned(contents.tokenizer, origin);
  loaded.recipe_text = std::move(contents.recipe);
  loaded.recipe = Recipe::from_text(loaded.recipe_text, loaded.folder + "/recipe.toml");
  loaded.options = vocabulary_options(loaded.recipe, file.kind);
  loaded.tokenizer = std::move(contents.tokenizer);
  loaded.state = std::move(contents.state);
  loaded.sha256 = checkpoint_sha256(loaded.folder);
  loaded.vocabulary = std::make_shared<const FrozenVocabulary>(
      loaded.options, contents.model, loaded.folder + "/model.safetensors", device);
  const FrozenVocabulary& vocabulary = *loaded.vocabulary;
  if (static_cast<int>(file.levels.size()) != vocabulary.levels()) {
    throw FormatError(fmt::format("{}: names {} levels, and its recipe means {}", origin,
                                  file.levels.size(), vocabulary.levels()));
  }
  for (int level = 0; level < vocabulary.levels(); ++level) {
    const int64_t codes = file.levels[static_cast<size_t>(level)].codes;
    if (codes != vocabulary.codes_per_level(level)) {
      throw FormatError(fmt::format("{}: level {} has {} codes, and its recipe means {}", origin,
                                    level + 1, codes, vocabulary.codes_per_level(level)));
    }
  }
  return loaded;
}

}  // namespace lexome
