// File work of a run. Markers change only after the checkpoint they name is on the disk, and an old
// checkpoint goes only after the markers have left it.
#include "train/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"
#include "report/text_table.h"
#include "train/trainer.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

constexpr char kLogHeader[] = "#step\tsplit\tname\tvalue\n";
constexpr char kTimingHeader[] = "#step\tseconds\ttokens\tbases\ttokens_per_s\tbases_per_s\n";

std::string step_name(int64_t step) { return fmt::format("step-{:08d}", step); }

// The number in "step-00000020"; -1 for other names.
int64_t step_of(const std::string& name) {
  int64_t step = -1;
  if (name.rfind("step-", 0) != 0 || !parse_int(name.substr(5), &step)) return -1;
  return step;
}

// What a killed run may leave: files and folders that were being written.
bool is_leftover(const std::string& name) {
  return name[0] == '.' && name != FolderLock::kName &&
         (name.ends_with(".part") || name.ends_with(".tmp"));
}

// Markers or a recipe tell a run; a folder without anything of somebody else's may become one.
bool is_run(const std::string& path) {
  if (fs::exists(path + "/last") || fs::exists(path + "/recipe.toml")) return true;
  return std::all_of(fs::directory_iterator(path), fs::directory_iterator(), [](const auto& entry) {
    const std::string name = entry.path().filename().string();
    return name == FolderLock::kName || is_leftover(name);
  });
}

void remove_checkpoint(const std::string& folder) {
  std::error_code error;
  fs::remove(folder + "/MANIFEST",
             error);  // first, so that half a folder is never taken for a whole
  fs::remove_all(folder, error);
  if (error) log::warn("cannot remove {}: {}", folder, error.message());
}

void append(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "a");
  if (file == nullptr) throw IoError("cannot append to " + path, errno);
  const size_t written = std::fwrite(text.data(), 1, text.size(), file);
  const int close_error = std::fclose(file) == 0 ? 0 : errno;
  if (written != text.size() || close_error != 0) {
    throw IoError("cannot append to " + path, close_error != 0 ? close_error : ENOSPC);
  }
}

}  // namespace

void check_run_folder(const std::string& out, bool resume, bool force) {
  check_output(out, true);
  if (!fs::exists(out)) return;
  if (!fs::is_directory(out)) throw ConfigError(fmt::format("{}: exists and is not a folder", out));
  if (!is_run(out)) {
    throw ConfigError(fmt::format(
        "{}: a folder with other files in it; give -o a new folder (nothing was removed)", out));
  }
  const bool has_started = fs::exists(out + "/last") || fs::exists(out + "/recipe.toml");
  if (has_started && !resume && !force) {
    throw ConfigError(fmt::format(
        "{}: already holds a run; continue it with --resume or replace it with --force", out));
  }
}

RunFolder::RunFolder(std::string path) : path_(std::move(path)) {
  log_ = fmt::format("##lexome_version={}\n{}", version(), kLogHeader);
  timing_ = kTimingHeader;
}

void RunFolder::start(const std::string& recipe, const std::string& tokenizer) {
  if (!active()) return;
  if (fs::exists(path_) && !is_run(path_)) {
    throw ConfigError(fmt::format("{}: not a run folder", path_));
  }
  if (!lock_) lock_.emplace(path_);
  lock_->clear();
  write_text_file(path_ + "/recipe.toml", recipe);
  write_text_file(path_ + "/tokenizer.json", tokenizer);
  write_text_file(path_ + "/log.tsv", log_);
  write_text_file(path_ + "/timing.tsv", timing_);
  log_flushed_ = log_.size();
  timing_flushed_ = timing_.size();
}

CheckpointContents RunFolder::reopen(std::string* folder) {
  folder->clear();
  if (!active() || !fs::exists(path_ + "/last")) return {};
  lock_.emplace(path_);
  *folder = resolve_checkpoint(path_, true);
  CheckpointContents contents = read_checkpoint(*folder, true);
  const int64_t last = step_of(fs::path(*folder).filename().string());
  if (fs::exists(path_ + "/best")) {
    best_ = step_of(fs::path(resolve_checkpoint(path_)).filename().string());
  }
  std::vector<std::string> stale;
  for (const auto& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    const int64_t step = step_of(name);
    if (is_leftover(name) || step > last) {
      stale.push_back(entry.path().string());
    } else if (step >= 0) {
      kept_.push_back(step);
    }
  }
  for (const std::string& path : stale) remove_checkpoint(path);
  std::sort(kept_.begin(), kept_.end());
  log_ = contents.log;
  timing_ = contents.timing;
  write_text_file(path_ + "/log.tsv", log_);
  write_text_file(path_ + "/timing.tsv", timing_);
  log_flushed_ = log_.size();
  timing_flushed_ = timing_.size();
  return contents;
}

void RunFolder::log(int64_t step, std::string_view split, std::string_view name, double value) {
  log_ += fmt::format("{}\t{}\t{}\t{}\n", step, split, name, format_number(value));
}

void RunFolder::time(int64_t step, double seconds, int64_t tokens, int64_t bases) {
  const double span = std::max(seconds, 1e-9);
  timing_ += fmt::format("{}\t{:.3f}\t{}\t{}\t{:.0f}\t{:.0f}\n", step, seconds, tokens, bases,
                         static_cast<double>(tokens) / span, static_cast<double>(bases) / span);
}

void RunFolder::flush_logs() {
  if (!active()) return;
  append(path_ + "/log.tsv", std::string_view(log_).substr(log_flushed_));
  append(path_ + "/timing.tsv", std::string_view(timing_).substr(timing_flushed_));
  log_flushed_ = log_.size();
  timing_flushed_ = timing_.size();
}

void RunFolder::save(int64_t step, CheckpointContents contents, bool best, int64_t keep) {
  if (!active()) return;
  flush_logs();
  contents.log = log_;
  contents.timing = timing_;
  save_checkpoint(folder_of(step), contents);
  write_text_file(path_ + "/last", step_name(step) + "\n");
  if (best) {
    write_text_file(path_ + "/best", step_name(step) + "\n");
    best_ = step;
  }
  if (std::find(kept_.begin(), kept_.end(), step) == kept_.end()) kept_.push_back(step);
  prune(keep);
}

void RunFolder::prune(int64_t keep) {
  while (static_cast<int64_t>(kept_.size()) > keep) {
    const size_t beyond = kept_.size() - static_cast<size_t>(keep);
    const auto old = std::find_if(kept_.begin(), kept_.begin() + static_cast<int64_t>(beyond),
                                  [this](int64_t step) { return step != best_; });
    if (old == kept_.begin() + static_cast<int64_t>(beyond)) return;
    remove_checkpoint(folder_of(*old));
    kept_.erase(old);
  }
}

std::string RunFolder::folder_of(int64_t step) const {
  return active() && step >= 0 ? path_ + "/" + step_name(step) : "";
}

int64_t RunFolder::kept_before(int64_t step) const {
  int64_t found = -1;
  for (const int64_t kept : kept_) {
    if (kept < step) found = std::max(found, kept);
  }
  return found;
}

double logged_mean(const std::string& path, const std::string& name) {
  if (!std::filesystem::exists(path)) return std::nan("");
  const TextTable log = read_text_table(path);
  const int split = log.find("split"), key = log.find("name"), value = log.find("value");
  if (split < 0 || key < 0 || value < 0) return std::nan("");
  double sum = 0, constant = std::nan("");
  int64_t count = 0;
  for (const std::vector<std::string>& row : log.rows) {
    double number = 0;
    if (row[key] != name || !parse_double(row[value], &number)) continue;
    if (row[split] == "data") constant = number;
    if (row[split] != "train") continue;
    sum += number;
    ++count;
  }
  return count == 0 ? constant : sum / static_cast<double>(count);
}

}  // namespace lexome
