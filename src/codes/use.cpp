#include "codes/use.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lexome {
namespace {

constexpr int kWord = 6, kBefore = 2;  // bases of a word before the one it labels

// Plug-in entropy of four counts in bits, with Miller and Madow's correction.
double entropy4(const int64_t* counts) {
  const double all = static_cast<double>(counts[0] + counts[1] + counts[2] + counts[3]);
  if (all == 0) return 0;
  double sum = 0;
  int seen = 0;
  for (int b = 0; b < 4; ++b) {
    if (counts[b] == 0) continue;
    const double p = static_cast<double>(counts[b]) / all;
    sum -= p * std::log2(p);
    ++seen;
  }
  return std::min(2.0, sum + (seen - 1) / (2 * all * std::log(2.0)));
}

}  // namespace

Labelling word_labels(const std::vector<Stretch>& stretches) {
  Labelling words;
  words.name = "6-mers";
  words.kind = LabelKind::kWords;
  words.codes = 1 << (2 * kWord);
  words.reach = kWord - kBefore - 1;
  for (const Stretch& stretch : stretches) {
    std::vector<int32_t> labels(stretch.bases.size(), -1), reverse(stretch.bases.size(), -1);
    int32_t code = 0, back = 0;
    int known = 0;
    for (size_t i = 0; i < stretch.bases.size(); ++i) {
      const Base base = stretch.bases[i];
      known = base == kN ? 0 : known + 1;
      code = ((code << 2) | (base & 3)) & (words.codes - 1);
      back = (back >> 2) | ((3 - (base & 3)) << (2 * (kWord - 1)));
      if (known < kWord) continue;
      const size_t at = i + 1 + kBefore - kWord;
      labels[at] = code;
      reverse[at] = back;  // of the same six bases: a word of even length has no middle base
    }
    words.labels.push_back(std::move(labels));
    words.reverse.push_back(std::move(reverse));
  }
  return words;
}

double CodeUse::perplexity() const { return std::exp2(entropy); }

CodeUse code_use(const Labelling& labelling) {
  CodeUse use;
  use.counts.resize(static_cast<size_t>(labelling.codes));
  for (const std::vector<int32_t>& labels : labelling.labels) {
    for (const int32_t label : labels)
      if (label >= 0) ++use.counts[static_cast<size_t>(label)];
  }
  for (const int64_t count : use.counts) {
    use.bases += count;
    use.used += count > 0;
  }
  for (const int64_t count : use.counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(use.bases);
    use.entropy -= p * std::log2(p);
  }
  return use;
}

CodeProfiles code_profiles(const std::vector<Stretch>& stretches, const Labelling& labelling) {
  const int64_t reach = labelling.reach, width = 2 * reach + 1;
  const auto cells = static_cast<size_t>(width * 4);
  std::vector<int64_t> counts(static_cast<size_t>(labelling.codes) * cells);
  for (size_t s = 0; s < stretches.size(); ++s) {
    const Bases& bases = stretches[s].bases;
    const auto length = static_cast<int64_t>(bases.size());
    for (int64_t i = 0; i < length; ++i) {
      const int32_t label = labelling.labels[s][static_cast<size_t>(i)];
      if (label < 0) continue;
      int64_t* const own = counts.data() + static_cast<size_t>(label) * cells;
      for (int64_t at = std::max<int64_t>(0, i - reach); at <= std::min(length - 1, i + reach);
           ++at) {
        const Base base = bases[static_cast<size_t>(at)];
        if (base != kN) ++own[(at - i + reach) * 4 + base];
      }
    }
  }
  CodeProfiles out;
  const CodeUse use = code_use(labelling);
  std::vector<int64_t> sum(cells);
  out.information.assign(static_cast<size_t>(width), 0.0);
  for (int64_t label = 0; label < labelling.codes; ++label) {
    const int64_t count = use.counts[static_cast<size_t>(label)];
    if (count == 0) continue;
    const int64_t* const own = counts.data() + static_cast<size_t>(label) * cells;
    CodeProfile profile;
    profile.label = static_cast<int32_t>(label);
    profile.count = count;
    for (int64_t column = 0; column < width; ++column) {
      MotifColumn shares{};
      const int64_t* const four = own + column * 4;
      const int64_t all = four[0] + four[1] + four[2] + four[3];
      for (size_t b = 0; b < 4; ++b) {
        shares[b] = (static_cast<double>(four[b]) + 0.25) / (static_cast<double>(all) + 1);
        sum[static_cast<size_t>(column) * 4 + b] += four[b];
      }
      profile.columns.push_back(shares);
      const double entropy = entropy4(four);
      profile.bits += 2 - (all == 0 ? 2 : entropy);
      out.information[static_cast<size_t>(column)] -=
          entropy * static_cast<double>(count) / static_cast<double>(use.bases);
    }
    out.profiles.push_back(std::move(profile));
  }
  for (int64_t column = 0; column < width; ++column)
    out.information[static_cast<size_t>(column)] += entropy4(sum.data() + column * 4);
  std::stable_sort(out.profiles.begin(), out.profiles.end(),
                   [](const CodeProfile& a, const CodeProfile& b) { return a.count > b.count; });
  return out;
}

}  // namespace lexome
