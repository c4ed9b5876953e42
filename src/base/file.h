// Files: read-only memory maps, outputs that are never half-written, and standard streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lexome {

// A whole file, mapped read-only. Refuses directories and missing files (IoError).
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  size_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Refuses an output that exists (unless `force`), whose folder is missing or not writable, before
// any work starts. ConfigError for existing outputs, IoError otherwise. "-" is always fine.
void check_output(const std::string& path, bool force);

// An output file, or stdout when the path is "-". A file is written beside under a temporary name
// and renamed on commit(); without commit, also on a fatal signal, the temporary is removed. Names
// ending in .gz are compressed as BGZF. Write failures (full disk, closed pipe) throw IoError; a
// closed stdout pipe throws Interrupted(SIGPIPE), which ends the program quietly.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path, bool force = false);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  void write(std::string_view text);
  void write(std::span<const std::byte> bytes);
  // Overwrites bytes already written (headers known only at the end); plain files only.
  void write_at(uint64_t offset, std::span<const std::byte> bytes);
  uint64_t position() const;
  void flush();
  void commit();  // flush, fsync, rename

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string read_text_file(const std::string& path);  // "-" reads stdin
// Writes a small file beside and renames it, fsynced.
void write_text_file(const std::string& path, std::string_view text);
// fsync of a folder, so that renames in it survive a crash.
void sync_folder(const std::string& path);

// Removed by the fatal-signal handler and at exit unless released (temporary files and folders).
class TemporaryPath {
 public:
  explicit TemporaryPath(std::string path);
  ~TemporaryPath();
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  const std::string& path() const { return path_; }
  void release();

 private:
  std::string path_;
  int slot_ = -1;
};

// Installs handlers that remove temporaries and end with the signal (SIGINT, SIGTERM, SIGHUP).
void install_signal_cleanup();

// While it lives, SIGINT and SIGTERM only set a flag that long work polls (training saves and
// stops).
class SignalFlag {
 public:
  SignalFlag();
  ~SignalFlag();
  int raised() const;  // the signal, or 0
};

}  // namespace lexome
