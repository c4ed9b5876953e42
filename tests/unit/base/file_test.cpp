// Maps, and outputs that are complete or absent: on failure, on a full disk, on a signal.
#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <csignal>

#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::slurp;
using lexome_test::spill;
using lexome_test::TemporaryFolder;

TEST(MappedFile, ReadsAndRefuses) {
  const TemporaryFolder folder;
  spill(folder / "a", "hello");
  spill(folder / "empty", "");
  EXPECT_EQ(MappedFile(folder / "a").text(), "hello");
  EXPECT_EQ(MappedFile(folder / "empty").size(), 0u);
  EXPECT_NE(message_of<IoError>([&] { MappedFile(folder / "none"); }).find("No such file"),
            std::string::npos);
  EXPECT_NE(message_of<IoError>([&] { MappedFile(folder.path().string()); }).find("folder"),
            std::string::npos);
  EXPECT_THROW(MappedFile("/dev/null"), IoError);
}

TEST(OutputFile, CompleteOrAbsent) {
  const TemporaryFolder folder;
  {
    OutputFile out(folder / "a");
    out.write("lost");
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
    EXPECT_EQ(folder.entries(), 1u);  // the temporary
  }
  EXPECT_EQ(folder.entries(), 0u);
  OutputFile out(folder / "a");
  out.write("ke");
  out.write("pt");
  EXPECT_EQ(out.position(), 4u);
  out.commit();
  EXPECT_EQ(slurp(folder / "a"), "kept");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, ExistingNeedsForce) {
  const TemporaryFolder folder;
  spill(folder / "a", "old");
  EXPECT_NE(message_of<ConfigError>([&] { OutputFile(folder / "a"); }).find("--force"),
            std::string::npos);
  EXPECT_THROW(check_output(folder / "a", false), ConfigError);
  check_output(folder / "a", true);
  {
    OutputFile out(folder / "a", true);
    out.write("new");
  }
  EXPECT_EQ(slurp(folder / "a"), "old");  // not committed
  std::filesystem::create_symlink(folder / "a", folder / "link");
  OutputFile out(folder / "link", true);
  out.write("new");
  out.commit();
  EXPECT_EQ(slurp(folder / "a"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(OutputFile, MissingOrUnwritableFolder) {
  const TemporaryFolder folder;
  spill(folder / "file", "x");
  for (const std::string& path : {folder / "none/a", folder / "file/a", std::string("/proc/a")}) {
    EXPECT_THROW(check_output(path, false), IoError) << path;
    EXPECT_THROW(OutputFile out(path), IoError) << path;
  }
  EXPECT_THROW(OutputFile out(folder.path().string(), true), IoError);
  check_output("-", false);
  check_output("/dev/null", false);
  check_output(folder / "new_folder/", false);
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(OutputFile, FullDevice) {
  OutputFile out("/dev/full");
  out.write("x");
  EXPECT_NE(message_of<IoError>([&] { out.commit(); }).find("No space left"), std::string::npos);
}

// A file size limit stands in for a full disk; in a child, since limits are the process's.
TEST(OutputFile, FullDiskLeavesNothing) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    install_signal_cleanup();
    const rlimit limit = {100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      OutputFile out(folder / "a");
      for (int i = 0; i < 100; ++i) out.write(std::string(10000, 'x'));
      out.commit();
    } catch (const IoError&) {
      code = 42;
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(OutputFile, ClosedPipeInterrupts) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);  // before the fork: a reader that still lives here would take the byte
  const pid_t child = fork();
  if (child == 0) {
    install_signal_cleanup();
    dup2(ends[1], STDOUT_FILENO);
    int code = 1;
    try {
      OutputFile out("-");
      out.write("x");
      out.commit();
    } catch (const Interrupted& stop) {
      code = stop.signal() == SIGPIPE ? 42 : 2;
    }
    _exit(code);
  }
  close(ends[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(OutputFile, OverwritesEarlierBytes) {
  const TemporaryFolder folder;
  OutputFile out(folder / "a");
  out.write("....data");
  const std::string head = "HEAD";
  out.write_at(0, std::as_bytes(std::span(head.data(), head.size())));
  out.write("!");
  EXPECT_THROW(out.write_at(8, std::as_bytes(std::span(head.data(), head.size()))), InternalError);
  out.commit();
  EXPECT_EQ(slurp(folder / "a"), "HEADdata!");
}

TEST(OutputFile, GzipIsBlocked) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 40000; ++i) text += std::to_string(i * 7919) + "\n";
  {
    OutputFile out(folder / "a.gz");
    out.write(text.substr(0, 100001));
    out.write(text.substr(100001));
    EXPECT_EQ(out.position(), text.size());
    out.commit();
  }
  gzFile in = gzopen((folder / "a.gz").c_str(), "rb");
  std::string back(text.size() + 1, '\0');
  const int got = gzread(in, back.data(), static_cast<unsigned>(back.size()));
  EXPECT_EQ(gzclose(in), Z_OK);
  ASSERT_EQ(static_cast<size_t>(got), text.size());
  back.resize(text.size());
  EXPECT_EQ(back, text);
  // Hopping from block to block by the BC field must end exactly on the end marker.
  const std::string raw = slurp(folder / "a.gz");
  size_t at = 0, blocks = 0, last = 0;
  while (at < raw.size()) {
    ASSERT_LE(at + 18, raw.size());
    ASSERT_EQ(raw.substr(at, 4), std::string("\x1f\x8b\x08\x04", 4));
    ASSERT_EQ(raw.substr(at + 12, 4), std::string("BC\x02\0", 4));
    last = static_cast<uint8_t>(raw[at + 16]) + 256u * static_cast<uint8_t>(raw[at + 17]) + 1;
    at += last;
    ++blocks;
  }
  EXPECT_EQ(at, raw.size());
  EXPECT_EQ(last, 28u);
  EXPECT_EQ(blocks, (text.size() + 0xff00 - 1) / 0xff00 + 1);
}

TEST(TextFile, RoundTrip) {
  const TemporaryFolder folder;
  write_text_file(folder / "a", "one\n");
  write_text_file(folder / "a", "two\n");
  EXPECT_EQ(read_text_file(folder / "a"), "two\n");
  EXPECT_THROW(read_text_file(folder / "none"), IoError);
  EXPECT_THROW(read_text_file(folder.path().string()), IoError);
}

// A child that holds a temporary file and folder is stopped by a signal: both must go.
TEST(Cleanup, FatalSignalRemovesTemporaries) {
  const TemporaryFolder folder;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    install_signal_cleanup();
    OutputFile out(folder / "a");
    out.write("x");
    const TemporaryPath tree(folder / "tree");
    std::filesystem::create_directories(folder / "tree/deep/er");
    spill(folder / "tree/deep/er/file", "x");
    if (write(ready[1], "x", 1) != 1) _exit(3);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  close(ready[0]);
  close(ready[1]);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(Cleanup, ReleasedPathsStay) {
  const TemporaryFolder folder;
  spill(folder / "kept", "x");
  spill(folder / "gone", "x");
  {
    TemporaryPath kept(folder / "kept"), gone(folder / "gone");
    kept.release();
  }
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(SignalFlag, CatchesASignal) {
  SignalFlag flag;
  EXPECT_EQ(flag.raised(), 0);
  std::raise(SIGINT);
  EXPECT_EQ(flag.raised(), SIGINT);
  std::raise(SIGTERM);  // at once: taken for the same request
  EXPECT_EQ(flag.raised(), SIGINT);
}

}  // namespace
}  // namespace lexome
