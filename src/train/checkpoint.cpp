// Writing and reading checkpoint folders. A folder is built under a temporary name; its MANIFEST is
// the last file in, and the rename is what makes it exist.
#include "train/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"
#include "models/mxdna.h"
#include "models/registry.h"
#include "models/tokens.h"
#include "tensor/compat.h"
#include "train/run_folder.h"
#include "train/vocabulary_model.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

constexpr char kManifestKind[] = "lexome-checkpoint";
constexpr const char* kFiles[] = {
    "recipe.toml", "tokenizer.json", "model.safetensors", "optimizer.safetensors",
    "state.json",  "log.tsv",        "timing.tsv"};

std::string cpu_kind() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) {
      return std::string(trim(std::string_view(line).substr(line.find(':') + 1)));
    }
  }
  return "unknown";
}

struct ManifestLine {
  std::string sha256, name;
  int64_t bytes = 0;
};

std::vector<ManifestLine> read_manifest(const std::string& folder) {
  const std::string path = folder + "/MANIFEST";
  const std::string text = read_text_file(path);
  std::vector<ManifestLine> lines;
  bool first = true;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    const std::vector<std::string_view> cells = split(line, '\t');
    if (first) {
      int64_t format = 0;
      if (cells.size() != 2 || cells[0] != kManifestKind || !parse_int(cells[1], &format)) {
        throw FormatError(fmt::format("{}: not the MANIFEST of a checkpoint", path));
      }
      if (format > kCheckpointVersion) {
        throw FormatError(fmt::format(
            "{}: checkpoint format {} is newer than this build reads ({}); update lexome", path,
            format, kCheckpointVersion));
      }
      first = false;
      continue;
    }
    ManifestLine entry;
    if (cells.size() != 3 || cells[0].size() != 64 || !parse_int(cells[1], &entry.bytes) ||
        cells[2].find('/') != std::string_view::npos) {
      throw FormatError(fmt::format("{}: damaged line '{}'", path, line));
    }
    entry.sha256 = cells[0];
    entry.name = cells[2];
    lines.push_back(entry);
  }
  if (first) throw FormatError(fmt::format("{}: empty", path));
  return lines;
}

// Size first (names a truncation as such), then the hash.
void verify(const std::string& folder, const ManifestLine& entry) {
  const std::string path = folder + "/" + entry.name;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) throw FormatError(fmt::format("{}: missing from the checkpoint", path));
  if (static_cast<int64_t>(size) != entry.bytes) {
    throw FormatError(fmt::format(
        "{}: {} bytes where the MANIFEST says {}; the file is {}", path, size, entry.bytes,
        static_cast<int64_t>(size) < entry.bytes ? "truncated" : "altered"));
  }
  const std::string found = sha256_of_file(path);
  if (found != entry.sha256) {
    throw FormatError(fmt::format("{}: damaged: SHA-256 {} where the MANIFEST says {}", path, found,
                                  entry.sha256));
  }
}

std::string marker(const std::string& run, const char* name) {
  const std::string path = run + "/" + name;
  if (!fs::is_regular_file(path)) return "";
  const std::string text = read_text_file(path);
  const std::string folder(trim(text));
  if (folder.empty() || folder.find('/') != std::string::npos) {
    throw FormatError(fmt::format("{}: does not name a checkpoint folder", path));
  }
  return run + "/" + folder;
}

nlohmann::json parse_state(const std::string& path) {
  try {
    return nlohmann::json::parse(read_text_file(path));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: not JSON: {}", path, error.what()));
  }
}

}  // namespace

void save_checkpoint(const std::string& folder, const CheckpointContents& contents) {
  const fs::path target(folder);
  const std::string parent = target.has_parent_path() ? target.parent_path().string() : ".";
  TemporaryPath temporary(
      fmt::format("{}/.{}.{}.tmp", parent, target.filename().string(), getpid()));
  const std::string& made = temporary.path();
  std::error_code error;
  fs::remove_all(made, error);
  if (mkdir(made.c_str(), 0777) != 0) throw IoError("cannot make folder " + made, errno);

  nlohmann::json state = contents.state;
  state["format"] = kCheckpointVersion;
  state["build"] = {
      {"version", version()}, {"commit", build_commit()}, {"torch", torch_version_text()}};
  state["cpu"] = cpu_kind();
  state["threads"] = compute_threads();

  write_text_file(made + "/recipe.toml", contents.recipe);
  write_text_file(made + "/tokenizer.json", contents.tokenizer);
  save_tensors(made + "/model.safetensors", contents.model, {{"format", "pt"}});
  if (!contents.optimizer.empty()) {
    save_tensors(made + "/optimizer.safetensors", contents.optimizer);
  }
  write_text_file(made + "/state.json", state.dump(1) + "\n");
  write_text_file(made + "/log.tsv", contents.log);
  write_text_file(made + "/timing.tsv", contents.timing);

  std::string manifest = fmt::format("{}\t{}\n", kManifestKind, kCheckpointVersion);
  for (const char* name : kFiles) {
    const std::string path = made + "/" + name;
    if (!fs::exists(path)) continue;
    manifest += fmt::format("{}\t{}\t{}\n", sha256_of_file(path), fs::file_size(path), name);
  }
  write_text_file(made + "/MANIFEST", manifest);
  sync_folder(made);

  if (fs::exists(folder)) {
    // Swapped in one system call, so that there is no moment without a checkpoint; what stood there
    // then goes as the temporary.
    if (renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0) {
      throw IoError("cannot replace " + folder, errno);
    }
  } else {
    if (std::rename(made.c_str(), folder.c_str()) != 0) {
      throw IoError("cannot rename to " + folder, errno);
    }
    temporary.release();
  }
  sync_folder(parent);
}

std::string resolve_checkpoint(const std::string& path, bool prefer_last) {
  if (!fs::exists(path))
    throw InputError(fmt::format("{}: no such checkpoint or run folder", path));
  if (fs::exists(path + "/MANIFEST")) return path;
  std::string folder = marker(path, prefer_last ? "last" : "best");
  if (folder.empty()) folder = marker(path, prefer_last ? "best" : "last");
  if (folder.empty()) {
    throw InputError(
        fmt::format("{}: neither a checkpoint (no MANIFEST in it) nor a run that has saved one (no "
                    "'last' in it)",
                    path));
  }
  if (!fs::exists(folder + "/MANIFEST")) {
    throw FormatError(
        fmt::format("{}: the checkpoint this run names is missing or has no MANIFEST", folder));
  }
  return folder;
}

CheckpointContents read_checkpoint(const std::string& folder, bool with_optimizer) {
  bool has_optimizer = false;
  std::vector<std::string> listed;
  for (const ManifestLine& entry : read_manifest(folder)) {
    listed.push_back(entry.name);
    const bool optimizer = entry.name == "optimizer.safetensors";
    if (optimizer && !with_optimizer) continue;
    verify(folder, entry);
    has_optimizer = has_optimizer || optimizer;
  }
  for (const char* name : {"recipe.toml", "tokenizer.json", "model.safetensors", "state.json"}) {
    if (std::find(listed.begin(), listed.end(), name) == listed.end()) {
      throw FormatError(fmt::format("{}/MANIFEST: does not list {}", folder, name));
    }
  }
  if (with_optimizer && !has_optimizer) {
    throw FormatError(fmt::format("{}: has no optimizer state, so it cannot be resumed", folder));
  }
  CheckpointContents contents;
  contents.recipe = read_text_file(folder + "/recipe.toml");
  contents.tokenizer = read_text_file(folder + "/tokenizer.json");
  contents.model = load_tensors(folder + "/model.safetensors");
  if (with_optimizer) contents.optimizer = load_tensors(folder + "/optimizer.safetensors");
  contents.state = parse_state(folder + "/state.json");
  for (const auto& [name, text] :
       {std::pair{"log.tsv", &contents.log}, {"timing.tsv", &contents.timing}}) {
    if (std::find(listed.begin(), listed.end(), name) != listed.end()) {
      *text = read_text_file(folder + "/" + name);
    }
  }
  return contents;
}

std::string checkpoint_sha256(const std::string& folder) {
  return sha256_of_file(folder + "/MANIFEST");
}

TensorMap assign_tensors(const TensorMap& source, const TensorMap& target,
                         const std::string& origin) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : target) {
    const auto found = source.find(name);
    if (found == source.end()) {
      throw FormatError(fmt::format("{}: tensor '{}' is missing", origin, name));
    }
    if (found->second.sizes() != tensor.sizes()) {
      throw FormatError(fmt::format("{}: tensor '{}' has shape [{}] where its recipe makes [{}]",
                                    origin, name, fmt::join(found->second.sizes(), ", "),
                                    fmt::join(tensor.sizes(), ", ")));
    }
  }
  TensorMap rest;
  for (const auto& [name, tensor] : source) {
    const auto found = target.find(name);
    if (found == target.end()) {
      rest[name] = tensor;
    } else {
      Tensor(found->second).copy_(tensor);
    }
  }
  return rest;
}

Recipe recipe_sections(const Recipe& recipe, const std::vector<std::string>& sections) {
  Recipe part;
  for (const auto& [key, setting] : recipe.settings()) {
    const std::string section = key.substr(0, key.find('.'));
    if (std::find(sections.begin(), sections.end(), section) != sections.end()) {
      part.set(key, setting.value, setting.origin);
    }
  }
  return part;
}

std::shared_ptr<Model> make_model(const Recipe& recipe, const Tokenizer& tokenizer, uint64_t seed) {
  const Recipe::Setting* name = recipe.find("model.name");
  if (name == nullptr) throw FormatError("the recipe does not name its model (model.name)");
  const Recipe settings = recipe_sections(recipe, {"model"});
  std::string chosen;
  Schema schema;
  schema.add(Fields("model").text("name", &chosen, ""));
  if (name->value == kTokens) {
    TokensOptions options;
    schema.add(options.fields()).add(options.codes_fields());
    schema.apply(settings);
    return make_tokens(options, tokenizer);
  }
  const std::unique_ptr<ModelMaker> maker = model_entry(name->value).maker();
  schema.add(maker->fields());
  if (auto* const reader = dynamic_cast<CodesReader*>(maker.get()))
    schema.add(reader->codes_fields());
  schema.apply(settings);
  return maker->make(tokenizer, seed);
}

namespace {

// Of a model's tensors those of the vocabulary that is a part of it: fresh weights leave them be.
TensorMap vocabulary_tensors(const torch::nn::Module& model) {
  TensorMap all = named_tensors(model);
  std::erase_if(
      all, [](const auto& each) { return !each.first.starts_with(std::string(kCodesPart) + "."); });
  return all;
}

}  // namespace

LoadedModel load_model(const std::string& path, const torch::Device& device,
                       const uint64_t* fresh_seed) {
  if (is_vocabulary(path)) return load_vocabulary_model(path, device);
  LoadedModel loaded;
  loaded.folder = resolve_checkpoint(path);
  CheckpointContents contents = read_checkpoint(loaded.folder, false);
  loaded.sha256 = checkpoint_sha256(loaded.folder);
  loaded.recipe_text = contents.recipe;
  loaded.recipe = Recipe::from_text(contents.recipe, loaded.folder + "/recipe.toml");
  loaded.state = std::move(contents.state);
  loaded.tokenizer = tokenizer_from_json(contents.tokenizer, loaded.folder + "/tokenizer.json");
  loaded.model =
      make_model(loaded.recipe, *loaded.tokenizer, fresh_seed == nullptr ? 0 : *fresh_seed);
  const std::string origin = loaded.folder + "/model.safetensors";
  if (fresh_seed != nullptr) {
    assign_tensors(contents.model, vocabulary_tensors(*loaded.model), origin);
  } else {
    for (const auto& [name, tensor] : contents.model) {
      if (loaded.model->parameter_name(name) != name)
        throw FormatError(
            fmt::format("{}: tensor '{}' belongs to another layout of this model than recipe.toml "
                        "names; `lexome convert` reads either",
                        origin, name));
    }
    loaded.extra = assign_tensors(contents.model, named_tensors(*loaded.model), origin);
  }
  expect_units(*loaded.model, logged_mean(loaded.folder + "/log.tsv", "unit_length"));
  loaded.model->to(device);
  return loaded;
}

}  // namespace lexome
