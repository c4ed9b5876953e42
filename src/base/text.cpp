// Small text work: numbers with units, near names, splitting.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "lexome/error.h"

namespace lexome {
namespace {

// A number with a unit; the product must be a whole number that fits.
int64_t parse_scaled(std::string_view text, std::string_view what, double scale,
                     std::string_view digits, const char* example) {
  double value = 0;
  const double product = parse_double(digits, &value) ? value * scale : NAN;
  if (!std::isfinite(product) || std::abs(product) > 9e18 || product != std::floor(product)) {
    throw ConfigError(
        fmt::format("{} must be a whole number such as {}, not '{}'", what, example, text));
  }
  int64_t whole = 0;  // beyond 2^53 only the integer parse is exact
  if (scale == 1 && parse_int(digits, &whole)) return whole;
  return static_cast<int64_t>(product);
}

// Edit distance with neighbouring swaps (optimal string alignment), letters compared without case.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

bool parse_int(std::string_view text, int64_t* out) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool parse_double(std::string_view text, double* out) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

int64_t parse_size(std::string_view text, std::string_view what) {
  std::string_view digits = trim(text);
  double scale = 1;
  if (!digits.empty()) {
    const char unit = digits.back();
    if (unit == 'k' || unit == 'K') scale = 1e3;
    if (unit == 'm' || unit == 'M') scale = 1e6;
    if (unit == 'g' || unit == 'G') scale = 1e9;
    if (scale != 1) digits.remove_suffix(1);
  }
  return parse_scaled(text, what, scale, digits, "5000, 50k, 1.5M or 3G");
}

int64_t parse_memory(std::string_view text, std::string_view what) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
      {"K", 1024.0},   {"M", 1048576.0},   {"G", 1073741824.0}};
  std::string_view digits = trim(text);
  double scale = 1;
  for (const auto& [unit, factor] : kUnits) {
    if (digits.size() > unit.size() && digits.substr(digits.size() - unit.size()) == unit) {
      digits.remove_suffix(unit.size());
      scale = factor;
      break;
    }
  }
  return parse_scaled(text, what, scale, digits, "512MiB or 2GiB");
}

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
  size_t best = std::max<size_t>(1, name.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : known) {
    // A forgotten section ("steps" for "train.steps") or a beginning counts as one slip.
    const size_t dot = candidate.rfind('.');
    const bool tail = dot != std::string::npos && candidate.substr(dot + 1) == name;
    const bool head = name.size() >= 3 && candidate.compare(0, name.size(), name) == 0;
    const size_t distance = tail || head ? 1 : edit_distance(name, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string human_bytes(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (std::abs(value) >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_number(double value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  if (error != std::errc()) throw InternalError("format_number: buffer too small");
  return std::string(buffer, end);
}

}  // namespace lexome
