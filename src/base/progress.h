// Progress of long work: a bar with rate and ETA on a terminal, a plain line now and then
// elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace lexome {

class Progress {
 public:
  // `total` 0 when unknown; `unit` as in "3.2 Mbp/s".
  Progress(std::string what, int64_t total, std::string unit);
  ~Progress();
  void update(int64_t done, const std::string& remark = "");
  void finish();

 private:
  void draw(bool last);
  std::string what_, unit_, remark_;
  int64_t total_, done_ = 0;
  std::chrono::steady_clock::time_point begin_, drawn_;
  bool terminal_, finished_ = false;
};

}  // namespace lexome
