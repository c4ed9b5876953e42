// Whole labelled sets: classes out of label texts, checks that a set can be learned from, and
// splits.
#include "data/labelled.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kMostClasses = 10000;
constexpr int kValueBins = 10;  // strata of a regression set

// Class texts in order: by value when all are numbers, else by text.
std::vector<std::string> ordered(std::vector<std::string> texts) {
  const bool numbers = std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
    double value = 0;
    return parse_double(text, &value);
  });
  std::sort(texts.begin(), texts.end(), [numbers](const std::string& a, const std::string& b) {
    double x = 0, y = 0;
    if (numbers && parse_double(a, &x) && parse_double(b, &y) && x != y) return x < y;
    return a < b;
  });
  return texts;
}

// Whole-number classes must be consecutive: 0 and 2 without 1 mean a file cut short, or a column
// that is no class. -1 and 1 are the one old custom that leaves a gap.
void check_gap(const std::vector<std::string>& classes, const std::string& path) {
  std::vector<int64_t> values;
  for (const std::string& text : classes) {
    int64_t value = 0;
    if (!parse_int(text, &value)) return;
    values.push_back(value);
  }
  if (values == std::vector<int64_t>{-1, 1}) return;
  for (size_t c = 1; c < values.size(); ++c) {
    if (values[c] == values[c - 1] + 1) continue;
    throw InputError(
        fmt::format("{}: labels have a gap: {} and {} occur but nothing between; number the "
                    "classes without gaps, "
                    "name them in letters, or ask for regression",
                    path, values[c - 1], values[c]));
  }
}

void check_classes(const std::vector<std::string>& classes, size_t rows, const std::string& path) {
  double value = 0;
  const bool fractions = std::any_of(classes.begin(), classes.end(), [&](const std::string& text) {
    return parse_double(text, &value) && value != std::floor(value);
  });
  if (classes.size() > kMostClasses || (fractions && classes.size() * 2 > rows && rows > 20)) {
    throw InputError(
        fmt::format("{}: {} different labels in {} rows look like numbers to predict; ask for "
                    "regression, or name "
                    "another label column",
                    path, classes.size(), rows));
  }
  if (classes.size() == 1) {
    throw InputError(fmt::format(
        "{}: every row has the label '{}'; at least two classes are needed to learn from", path,
        classes[0]));
  }
  check_gap(classes, path);
}

void hash_row(const Bases& bases, const std::string& label, Sha256* hash) {
  hash->update(std::string_view(reinterpret_cast<const char*>(bases.data()), bases.size()));
  hash->update("\t" + label + "\n");
}

// "file:line" of a row; its name where classes stand in files of their own.
std::string place_of(const LabelledSet& set, const LabelledRow& row) {
  if (row.line > 0 && set.path.find('=') == std::string::npos) {
    return fmt::format("{}:{}", set.path, row.line);
  }
  return fmt::format("{}: {}", set.path, row.name);
}

// The stratum of each row: its class, or its tenth of the values.
std::vector<int> strata(const LabelledSet& set) {
  std::vector<int> out(set.rows.size());
  if (!set.regression) {
    for (size_t r = 0; r < out.size(); ++r) out[r] = set.rows[r].label;
    return out;
  }
  std::vector<size_t> order(set.rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return set.rows[a].value < set.rows[b].value; });
  for (size_t i = 0; i < order.size(); ++i) {
    out[order[i]] = static_cast<int>(i * kValueBins / order.size());
  }
  return out;
}

}  // namespace

LabelledSet read_labelled(const std::string& path, const LabelledOptions& options) {
  LabelledSet set;
  set.path = path;
  set.regression = options.regression;
  LabelledReader reader(path, options);
  std::vector<std::string> texts;
  std::map<std::string, int32_t> index;
  LabelledRow row;
  std::string text;
  Sha256 hash;
  while (reader.next(&row, &text)) {
    hash_row(row.bases, text, &hash);
    set.rows.push_back(std::move(row));
    if (options.regression) continue;
    if (!text.empty()) index.emplace(text, 0);
    texts.push_back(text);
  }
  set.sha256 = hash.hex();
  set.skipped = reader.skipped();
  if (set.skipped > 0) {
    log::warn("{}: {} of {} rows are bad and were skipped", path, set.skipped,
              set.skipped + static_cast<int64_t>(set.rows.size()));
  }
  if (set.rows.empty()) {
    throw InputError(fmt::format("{}: no {}rows", path, set.skipped > 0 ? "usable " : ""));
  }
  if (options.regression) return set;

  for (const auto& [known, number] : index) set.classes.push_back(known);
  set.classes = ordered(std::move(set.classes));
  if (options.need_labels && !options.partial) check_classes(set.classes, set.rows.size(), path);
  for (size_t c = 0; c < set.classes.size(); ++c) index[set.classes[c]] = static_cast<int32_t>(c);
  for (size_t r = 0; r < set.rows.size(); ++r) {
    set.rows[r].label = texts[r].empty() ? -1 : index[texts[r]];
  }
  return set;
}

void LabelledSet::align_classes(const std::vector<std::string>& known) {
  std::vector<int32_t> to(classes.size());
  for (size_t c = 0; c < classes.size(); ++c) {
    const auto found = std::find(known.begin(), known.end(), classes[c]);
    if (found == known.end()) {
      const auto first = std::find_if(rows.begin(), rows.end(), [c](const LabelledRow& row) {
        return row.label == static_cast<int32_t>(c);
      });
      throw InputError(fmt::format(
          "{}: class '{}' is unknown to the training set, whose classes are {}; give training rows "
          "of it, or take these rows away",
          first == rows.end() ? path : place_of(*this, *first), classes[c],
          fmt::join(known, ", ")));
    }
    to[c] = static_cast<int32_t>(found - known.begin());
  }
  for (LabelledRow& row : rows) {
    if (row.label >= 0) row.label = to[static_cast<size_t>(row.label)];
  }
  classes = known;
}

std::string canonical_text(BasesView bases) {
  const Bases other = reverse_complement(bases);
  const bool forward =
      !std::lexicographical_compare(other.begin(), other.end(), bases.begin(), bases.end());
  return forward ? std::string(bases.begin(), bases.end())
                 : std::string(other.begin(), other.end());
}

LabelledSet select_rows(const LabelledSet& set, const std::vector<int64_t>& rows) {
  LabelledSet part;
  part.classes = set.classes;
  part.regression = set.regression;
  part.path = set.path;
  Sha256 hash;
  for (const int64_t index : rows) {
    const LabelledRow& row = set.rows[static_cast<size_t>(index)];
    std::string label;
    if (set.regression) {
      label = format_number(static_cast<double>(row.value));
    } else if (row.label >= 0) {
      label = set.classes[static_cast<size_t>(row.label)];
    }
    hash_row(row.bases, label, &hash);
    part.rows.push_back(row);
  }
  part.sha256 = hash.hex();
  return part;
}

std::vector<int64_t> stratified_split(const LabelledSet& set, double share, uint64_t seed) {
  // Copies of one sequence move together, or the second part would hold rows the first has shown.
  std::map<std::string, size_t> family_of;
  std::vector<std::vector<int64_t>> families;
  for (size_t r = 0; r < set.rows.size(); ++r) {
    const auto [found, is_new] =
        family_of.emplace(canonical_text(set.rows[r].bases), families.size());
    if (is_new) families.emplace_back();
    families[found->second].push_back(static_cast<int64_t>(r));
  }
  const std::vector<int> stratum = strata(set);
  std::map<int, std::vector<size_t>> members;  // families by the stratum of their first row
  std::map<int, double> rows_in;
  for (size_t f = 0; f < families.size(); ++f) {
    const int s = stratum[static_cast<size_t>(families[f][0])];
    members[s].push_back(f);
    rows_in[s] += static_cast<double>(families[f].size());
  }
  std::vector<int64_t> second;
  for (auto& [s, list] : members) {
    Random random(seed, Purpose::kSplit, static_cast<uint64_t>(static_cast<int64_t>(s)));
    for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random.below(i)]);
    const double wanted = std::floor(share * rows_in[s] + 0.5);
    double taken = 0;
    for (size_t i = 0; i < list.size() && taken < wanted; ++i) {
      const bool last = i + 1 == list.size() && share < 1.0;  // something stays in the first part
      if (last) break;
      for (const int64_t r : families[list[i]]) second.push_back(r);
      taken += static_cast<double>(families[list[i]].size());
    }
  }
  std::sort(second.begin(), second.end());
  return second;
}

}  // namespace lexome
