// Progress: a status line with rate and ETA on a terminal, a plain line every half minute
// elsewhere.
#include "base/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace lexome {
namespace {

using std::chrono::steady_clock;

std::string scaled(double value) {
  if (value >= 1e9) return fmt::format("{:.2f} G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.1f} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.1f} k", value / 1e3);
  return value >= 100 ? fmt::format("{:.0f} ", value) : fmt::format("{:.3g} ", value);
}

std::string clock_text(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

}  // namespace

Progress::Progress(std::string what, int64_t total, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      begin_(steady_clock::now()),
      drawn_(begin_),
      terminal_(log::terminal()) {}

// Without finish() the work failed: the bar goes, the error speaks.
Progress::~Progress() {
  if (!finished_) log::write_status("");
}

void Progress::update(int64_t done, const std::string& remark) {
  done_ = done;
  if (!remark.empty()) remark_ = remark;
  if (seconds_since(drawn_) < (terminal_ ? 0.1 : 30.0)) return;
  drawn_ = steady_clock::now();
  draw(false);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  log::write_status("");
  // Quick work needs no line of its own.
  if (seconds_since(begin_) > 2) draw(true);
}

void Progress::draw(bool last) {
  const double elapsed = seconds_since(begin_);
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  std::string line = what_ + ": ";
  if (total_ > 0) {
    const double share =
        std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0., 1.);
    if (terminal_ && !last) {
      const int filled = static_cast<int>(share * 24);
      line += fmt::format("[{:<24}] ", std::string(static_cast<size_t>(filled), '='));
    }
    line += fmt::format("{:.0f} %, ", share * 100);
  }
  line +=
      fmt::format("{}{}, {}{}/s", scaled(static_cast<double>(done_)), unit_, scaled(rate), unit_);
  if (last) {
    line += fmt::format(", {} in all", clock_text(elapsed));
  } else if (total_ > 0 && rate > 0) {
    line += fmt::format(", {} left", clock_text(static_cast<double>(total_ - done_) / rate));
  }
  if (!remark_.empty()) line += ", " + remark_;
  if (terminal_ && !last) {
    log::write_status(line);
  } else {
    log::write_info(line);
  }
}

}  // namespace lexome
