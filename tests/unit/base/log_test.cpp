// Messages: levels, said-once warnings, and the lines that open text outputs.
#include "base/log.h"

#include <gtest/gtest.h>

#include "base/progress.h"
#include "base/provenance.h"

namespace lexome {
namespace {

template <class Work>
std::string said(Work&& work) {
  testing::internal::CaptureStderr();
  work();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, Levels) {
  const auto all = [] {
    log::info("info {}", 1);
    log::warn("warn");
    log::debug("debug");
  };
  EXPECT_EQ(said(all), "[lexome] info 1\n[lexome] warning: warn\n");
  log::set_verbosity(1);
  EXPECT_EQ(said(all), "[lexome] info 1\n[lexome] warning: warn\n[lexome] debug\n");
  log::set_verbosity(-1);
  EXPECT_EQ(said(all), "[lexome] warning: warn\n");
  log::set_verbosity(0);
}

TEST(Log, OnceIsOnce) {
  const auto twice = [] {
    log::warn_once("option {} is ignored", "--x");
    log::warn_once("option {} is ignored", "--x");
    log::warn_once("option {} is ignored", "--y");
  };
  EXPECT_EQ(said(twice),
            "[lexome] warning: option --x is ignored\n[lexome] warning: option --y is ignored\n");
}

TEST(Progress, QuickWorkSaysNothing) {
  EXPECT_EQ(said([] {
              Progress progress("pack", 100, "bp");
              for (int i = 0; i <= 100; ++i) progress.update(i);
              progress.finish();
            }),
            "");
}

TEST(Provenance, LinesStayLines) {
  const std::string lines = provenance_lines("lexome info a\nb", {{"genome_sha256", "abc"}});
  EXPECT_EQ(lines,
            "##lexome_version=" + version() + "\n##command=lexome info a b\n##genome_sha256=abc\n");
}

}  // namespace
}  // namespace lexome
