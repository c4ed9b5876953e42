#include "train/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/log.h"
#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {

// Keys that may change between the parts of one run: they move no weight that was already
// computed.
void check_same_run(const TrainerSetup& setup, const CheckpointContents& contents,
                    const std::string& from) {
  static constexpr const char* kMayChange[] = {"train.keep", "train.save_every", "train.patience",
                                               "train.guard_margin", "train.guard_steps"};
  const Recipe then = Recipe::from_text(contents.recipe, from + "/recipe.toml");
  const Recipe now = Recipe::from_text(setup.recipe, "this run");
  std::vector<std::string> keys;
  for (const auto& [key, setting] : now.settings()) keys.push_back(key);
  for (const auto& [key, setting] : then.settings()) {
    if (now.find(key) == nullptr) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    const Recipe::Setting *was = then.find(key), *is = now.find(key);
    if (was != nullptr && is != nullptr && was->value == is->value) continue;
    if (std::find(std::begin(kMayChange), std::end(kMayChange), key) != std::end(kMayChange))
      continue;
    throw ConfigError(fmt::format(
        "--resume: {} is {} now but was {} when {} was saved; use the same recipe, "
        "or a new -o",
        key, is == nullptr ? "unset" : is->value, was == nullptr ? "unset" : was->value, from));
  }
  if (contents.tokenizer != setup.tokenizer) {
    throw ConfigError(
        fmt::format("--resume: the vocabulary is not the one {} was trained with", from));
  }
  const uint64_t seed = contents.state.value("seed", setup.seed);
  if (seed != setup.seed) {
    throw ConfigError(fmt::format("--resume: the seed is {} now but was {}", setup.seed, seed));
  }
  if (contents.state.value("bf16", setup.bf16) != setup.bf16) {
    throw ConfigError(fmt::format("--resume: the run computes in {}; give the same --precision",
                                  setup.bf16 ? "fp32" : "bf16"));
  }
  if (contents.state.value("threads", compute_threads()) != compute_threads()) {
    log::warn("{} threads now, {} before: sums may differ in their last bits", compute_threads(),
              contents.state.value("threads", 0));
  }
}

}  // namespace lexome
