// The folder of a run: its markers `last` and `best`, its numbered checkpoints and its live logs.
// Logs are long tables (step, split, name, value), so that any metric can join without new columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/folder_lock.h"
#include "train/checkpoint.h"

namespace lexome {

class RunFolder {
 public:
  explicit RunFolder(std::string path);  // empty: everything below does nothing

  // An empty run: whatever an earlier run left is removed. Like `reopen`, it makes this process the
  // folder's only writer; ConfigError when another one writes there.
  void start(const std::string& recipe, const std::string& tokenizer);
  // What resuming begins with; an empty path when the run has not saved yet. Later checkpoints and
  // leftovers of a killed run are removed, the logs go back to the checkpoint's.
  CheckpointContents reopen(std::string* folder);

  void log(int64_t step, std::string_view split, std::string_view name, double value);
  void time(int64_t step, double seconds, int64_t tokens, int64_t bases);
  void flush_logs();
  const std::string& log_text() const { return log_; }

  // Saves step `step` with the logs so far, moves the markers and removes what is no longer kept.
  void save(int64_t step, CheckpointContents contents, bool best, int64_t keep);
  std::string folder_of(int64_t step) const;  // "" without a path
  // The newest kept checkpoint before a step, or -1.
  int64_t kept_before(int64_t step) const;
  bool active() const { return !path_.empty(); }

 private:
  void prune(int64_t keep);
  std::string path_, log_, timing_;
  size_t log_flushed_ = 0, timing_flushed_ = 0;
  std::optional<FolderLock> lock_;
  std::vector<int64_t> kept_;
  int64_t best_ = -1;
};

// The mean of one value over the training steps of a log.tsv; the value under "data" when training
// wrote none. NaN without either, or without the file.
double logged_mean(const std::string& path, const std::string& name);

}  // namespace lexome
