#include "tasks/embed_windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "lexome/error.h"

namespace lexome {
namespace {

LabelledOptions unlabelled(bool skip_bad) {
  LabelledOptions options;
  options.skip_bad = skip_bad;
  options.need_labels = false;
  return options;
}

int64_t longest_spelling(const Tokenizer& tokenizer) {
  size_t longest = 1;
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    longest = std::max(longest, tokenizer.spelling(id).size());
  }
  return static_cast<int64_t>(longest);
}

}  // namespace

EmbedWindows::EmbedWindows(const std::string& input, bool skip_bad,
                           std::shared_ptr<const Tokenizer> tokenizer, int64_t max_tokens,
                           int64_t window, int64_t stride)
    : reader_(input, unlabelled(skip_bad)),
      tokenizer_(std::move(tokenizer)),
      fitter_(tokenizer_, max_tokens, "head"),
      room_(max_tokens - num_added_specials(*tokenizer_)),
      window_(window),
      stride_(stride),
      longest_window_(room_ * longest_spelling(*tokenizer_)) {
  if (window_ < 0 || stride_ < 0) {
    throw ConfigError(
        fmt::format("--window {} and --stride {} must not be negative", window_, stride_));
  }
  if (window_ > 0 && stride_ > window_) {
    throw ConfigError(
        fmt::format("--stride {} is longer than --window {}: bases between windows would "
                    "have no vector",
                    stride_, window_));
  }
}

int64_t EmbedWindows::end_from(int64_t begin) const {
  const auto length = static_cast<int64_t>(row_.bases.size());
  const int64_t wanted = std::min(length - begin, window_ > 0 ? window_ : longest_window_);
  const auto [from, to] = fitter_.fit(BasesView(row_.bases).subspan(begin, wanted));
  if (window_ > 0 && to < wanted) {
    log::warn_once("--window {}: the model takes fewer bases; windows end after {} tokens", window_,
                   room_);
  }
  return begin + to;
}

bool EmbedWindows::advance() {
  std::string label;
  row_ = {};
  if (!reader_.next(&row_, &label)) return false;
  ++sequences_;
  begin_ = own_begin_ = 0;
  open_ = true;
  return true;
}

bool EmbedWindows::next(EmbedWindow* window) {
  if (!open_ && !advance()) return false;
  const auto length = static_cast<int64_t>(row_.bases.size());
  window->name = row_.name;
  window->where = row_.where;
  window->start = begin_;
  window->end = end_from(begin_);
  window->own_start = own_begin_;
  window->bases = Bases(row_.bases.begin() + window->start, row_.bases.begin() + window->end);
  if (window->end >= length) {
    window->own_end = length;
    open_ = false;
    return true;
  }
  const int64_t step = window->end - begin_;
  begin_ += stride_ > 0 ? std::min(stride_, step) : step;
  own_begin_ = window->own_end = (begin_ + window->end) / 2;
  return true;
}

}  // namespace lexome
