// Region strings as users type them, to intervals and back. This is the one place where 1-based
// closed positions turn into lexome's 0-based half-open ones.
#include "lexome/interval.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// A 1-based position with commas or a k/M suffix.
int64_t parse_position(std::string_view text, std::string_view region) {
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') {
    throw ConfigError(fmt::format(
        "region '{}': '{}' is not a position; write contig:start-end, 1-based", region, text));
  }
  return parse_size(digits, fmt::format("a position of region '{}'", region));
}

}  // namespace

Interval parse_region(std::string_view text) {
  const std::string_view region = text;
  Interval interval;
  std::string_view range;
  bool has_range = false;
  if (!text.empty() && text.front() == '{') {
    // Braces keep colons inside a name apart from the range, as in samtools.
    const size_t close = text.find('}');
    if (close == std::string_view::npos || (close + 1 < text.size() && text[close + 1] != ':')) {
      throw ConfigError(
          fmt::format("region '{}': write {{contig}} or {{contig}}:start-end", region));
    }
    interval.contig = text.substr(1, close - 1);
    has_range = close + 1 < text.size();
    range = has_range ? text.substr(close + 2) : std::string_view{};
  } else {
    const size_t colon = text.rfind(':');
    // After a colon comes a range when it starts like one; "HLA:x" is a name.
    has_range =
        colon != std::string_view::npos && (colon + 1 == text.size() || text[colon + 1] == '-' ||
                                            (text[colon + 1] >= '0' && text[colon + 1] <= '9'));
    interval.contig = has_range ? text.substr(0, colon) : text;
    range = has_range ? text.substr(colon + 1) : std::string_view{};
  }
  if (interval.contig.empty()) {
    throw ConfigError(fmt::format("region '{}' names no contig; write contig:start-end", region));
  }
  interval.end = -1;
  if (!has_range) {
    return interval;
  }
  const size_t dash = range.find('-');
  const int64_t first = parse_position(range.substr(0, dash), region);
  if (first < 1) {
    throw ConfigError(fmt::format("region '{}': positions are 1-based, so the first is 1", region));
  }
  interval.start = first - 1;
  if (dash != std::string_view::npos) {
    interval.end = parse_position(range.substr(dash + 1), region);
    if (interval.end < first) {
      throw ConfigError(fmt::format("region '{}' ends before it starts", region));
    }
  }
  return interval;
}

std::string to_region(const Interval& interval) {
  // A name whose last colon could be read as a range goes in braces.
  const bool braces = interval.contig.find(':') != std::string::npos;
  const std::string contig = braces ? "{" + interval.contig + "}" : interval.contig;
  if (interval.end < 0) {
    return interval.start == 0 ? contig : fmt::format("{}:{}", contig, interval.start + 1);
  }
  return fmt::format("{}:{}-{}", contig, interval.start + 1, interval.end);
}

}  // namespace lexome
