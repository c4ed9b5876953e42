// Checkpoints: what a run saves and how it is read back. A checkpoint is a folder written beside,
// fsynced and renamed, with a MANIFEST of SHA-256 hashes, so that it is either whole or absent.
//
//   RUN/recipe.toml, tokenizer.json     as resolved, so that a run also serves as a vocabulary
//   RUN/log.tsv, timing.tsv             the running logs
//   RUN/step-00000020/                  one checkpoint: recipe.toml, tokenizer.json,
//   model.safetensors,
//                                       optimizer.safetensors, state.json, log.tsv, timing.tsv,
//                                       MANIFEST
//   RUN/last, RUN/best                  one line each: the folder of that checkpoint
//
// A run folder stands for its best checkpoint, or its last one when none was chosen.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "lexome/tokenizer.h"
#include "models/model.h"
#include "tensor/tensor_io.h"

namespace lexome {

inline constexpr int kCheckpointVersion = 1;

// What one checkpoint holds. `state` is free JSON: the trainer writes "step", "seed" and "loop", a
// fine-tuned model a "task" object; format version, build, CPU kind and threads are added on
// saving.
struct CheckpointContents {
  std::string recipe;     // TOML, as resolved
  std::string tokenizer;  // JSON
  TensorMap model;        // parameters, buffers and heads
  TensorMap optimizer;    // empty: nothing to resume from
  nlohmann::json state = nlohmann::json::object();
  std::string log, timing;  // TSV
};

// Writes `folder` (replacing one of the same name). IoError leaves everything that was there as it
// was.
void save_checkpoint(const std::string& folder, const CheckpointContents& contents);

// The folder of the checkpoint that `path` stands for: itself, or what RUN/best or RUN/last names.
// `prefer_last` is what resuming wants. InputError when there is none.
std::string resolve_checkpoint(const std::string& path, bool prefer_last = false);

// Checks the MANIFEST (missing, truncated and altered files are named, newer versions refused) and
// reads everything; tensors are copies on the CPU. FormatError, IoError.
CheckpointContents read_checkpoint(const std::string& folder, bool with_optimizer);

// SHA-256 over the MANIFEST: names a checkpoint.
std::string checkpoint_sha256(const std::string& folder);

// Copies tensors into those of the same name, in place. FormatError names a missing tensor or a
// shape that differs; names that `target` lacks are returned.
TensorMap assign_tensors(const TensorMap& source, const TensorMap& target,
                         const std::string& origin);

struct LoadedModel {
  std::shared_ptr<Model> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  Recipe recipe;  // as resolved when it was trained
  std::string recipe_text;
  nlohmann::json state;
  TensorMap extra;  // saved tensors that are not the model's: heads
  std::string sha256;
  std::string folder;  // the checkpoint itself
};

// A model ready to run, from a run or checkpoint folder; `fresh_seed` != nullptr gives the same
// architecture and tokenizer with new weights (and no extra tensors).
LoadedModel load_model(const std::string& path, const torch::Device& device,
                       const uint64_t* fresh_seed = nullptr);

// Builds the model that a recipe's model.* keys describe.
std::shared_ptr<Model> make_model(const Recipe& recipe, const Tokenizer& tokenizer, uint64_t seed);

// The settings of some sections of a recipe ("model", "train").
Recipe recipe_sections(const Recipe& recipe, const std::vector<std::string>& sections);

}  // namespace lexome
