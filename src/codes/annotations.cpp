#include "codes/annotations.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "base/random.h"
#include "base/threads.h"
#include "genome/annotation.h"
#include "report/statistics.h"

namespace lexome {
namespace {

constexpr size_t kMostNames = 40;

std::vector<Annotation::Range> merged(std::vector<Annotation::Range> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  std::vector<Annotation::Range> out;
  for (const Annotation::Range& range : ranges) {
    if (!out.empty() && range.start <= out.back().end) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

// Adds the labels of [start, end), which may reach around the stretch's end.
void count(const std::vector<int32_t>& labels, int64_t start, int64_t end, int64_t* counts) {
  const auto length = static_cast<int64_t>(labels.size());
  for (int64_t i = start; i < std::min(end, length); ++i)
    ++counts[labels[static_cast<size_t>(i)] + 1];
  for (int64_t i = std::max<int64_t>(0, start - length); i < end - length; ++i)
    ++counts[labels[static_cast<size_t>(i)] + 1];
}

// Bits that a label tells of being inside; both [labels + 1], the first entry without a label.
double information(const std::vector<int64_t>& inside, const std::vector<int64_t>& uses) {
  double all = 0, in = 0;
  for (size_t k = 1; k < uses.size(); ++k) {
    all += static_cast<double>(uses[k]);
    in += static_cast<double>(inside[k]);
  }
  const auto term = [](double joint, double p, double q) {
    return joint > 0 ? joint * std::log2(joint / (p * q)) : 0.0;
  };
  double bits = 0;
  for (size_t k = 1; k < uses.size(); ++k) {
    if (uses[k] == 0) continue;
    const double p = static_cast<double>(uses[k]) / all;
    const double joint = static_cast<double>(inside[k]) / all;
    bits += term(joint, p, in / all) + term(p - joint, p, 1 - in / all);
  }
  return bits;
}

// Sums over shifts, whole numbers, so that their order does not matter.
struct Sums {
  std::vector<int64_t> sum, squares, above, below;
  explicit Sums(size_t labels) : sum(labels), squares(labels), above(labels), below(labels) {}
  void add(const Sums& other) {
    for (size_t k = 0; k < sum.size(); ++k) {
      sum[k] += other.sum[k];
      above[k] += other.above[k];
      below[k] += other.below[k];
      squares[k] += other.squares[k];
    }
  }
};

// What features without a kind are called: their names; where those are too many, what stands
// before a colon (a simulator writes "exon:17"); where even these are, nothing.
std::string class_of(const Feature& feature, const std::set<std::string>& names,
                     const std::set<std::string>& prefixes) {
  if (!feature.kind.empty()) return feature.kind;
  if (names.size() <= kMostNames) return feature.name;
  return prefixes.size() <= kMostNames ? feature.name.substr(0, feature.name.find(':')) : "";
}

}  // namespace

std::vector<Annotation> read_annotations(const std::vector<std::string>& paths,
                                         const std::vector<Stretch>& stretches,
                                         std::vector<std::string>* left_out) {
  std::map<std::string, std::vector<size_t>> of_contig;
  int64_t all = 0;
  for (size_t s = 0; s < stretches.size(); ++s) {
    of_contig[stretches[s].contig].push_back(s);
    all += static_cast<int64_t>(stretches[s].bases.size());
  }
  std::vector<Annotation> out;
  for (const std::string& path : paths) {
    const std::vector<Feature> features = read_features(path);
    std::set<std::string> names, prefixes;
    for (const Feature& feature : features) {
      names.insert(feature.name);
      prefixes.insert(feature.name.substr(0, feature.name.find(':')));
    }
    std::string stem = std::filesystem::path(path).filename().string();
    stem = stem.substr(0, stem.find('.'));
    std::map<std::string, Annotation> made;
    for (const Feature& feature : features) {
      const std::string own = class_of(feature, names, prefixes);
      const std::string name = own.empty() || own == "." ? stem
                               : paths.size() > 1        ? stem + ":" + own
                                                         : own;
      Annotation& annotation = made[name];
      annotation.name = name;
      annotation.ranges.resize(stretches.size());
      const auto found = of_contig.find(feature.where.contig);
      if (found == of_contig.end()) continue;
      for (const size_t s : found->second) {
        const int64_t start = std::max(feature.where.start, stretches[s].start);
        const int64_t end = std::min(feature.where.end, stretches[s].end());
        if (start < end) {
          annotation.ranges[s].push_back({start - stretches[s].start, end - stretches[s].start});
        }
      }
    }
    for (auto& [name, annotation] : made) {
      for (std::vector<Annotation::Range>& ranges : annotation.ranges) {
        ranges = merged(std::move(ranges));
        for (const Annotation::Range& range : ranges) annotation.bases += range.end - range.start;
      }
      if (annotation.bases == 0 || annotation.bases == all) {
        left_out->push_back(name);
      } else {
        out.push_back(std::move(annotation));
      }
    }
  }
  return out;
}

AnnotationFindings annotation_enrichment(const Labelling& labelling,
                                         const std::vector<Annotation>& annotations,
                                         const ShiftOptions& options) {
  const auto width = static_cast<size_t>(labelling.codes) + 1;
  std::vector<int64_t> uses(width);
  for (const std::vector<int32_t>& labels : labelling.labels)
    count(labels, 0, static_cast<int64_t>(labels.size()), uses.data());
  const auto inside = [&](const Annotation& annotation, uint64_t shift) {
    std::vector<int64_t> counts(width);
    for (size_t s = 0; s < labelling.labels.size(); ++s) {
      const std::vector<int32_t>& labels = labelling.labels[s];
      const auto length = static_cast<int64_t>(labels.size());
      int64_t by = 0;
      if (shift > 0 && length > 1) {
        by = 1 + static_cast<int64_t>(Random(options.seed, Purpose::kSample, shift, s)
                                          .below(static_cast<uint64_t>(length - 1)));
      }
      for (const Annotation::Range& range : annotation.ranges[s])
        count(labels, range.start + by, range.end + by, counts.data());
    }
    return counts;
  };
  AnnotationFindings findings;
  for (size_t a = 0; a < annotations.size(); ++a) {
    const std::vector<int64_t> observed = inside(annotations[a], 0);
    Sums sums(width);
    std::vector<double> bits(static_cast<size_t>(options.shifts));
    std::mutex mutex;
    parallel_for(options.shifts, 16, options.threads, [&](int64_t begin, int64_t end) {
      Sums own(width);
      for (int64_t shift = begin; shift < end; ++shift) {
        const std::vector<int64_t> counts =
            inside(annotations[a], static_cast<uint64_t>(shift) + 1);
        bits[static_cast<size_t>(shift)] = information(counts, uses);
        for (size_t k = 0; k < width; ++k) {
          own.sum[k] += counts[k];
          own.squares[k] += counts[k] * counts[k];
          own.above[k] += counts[k] >= observed[k];
          own.below[k] += counts[k] <= observed[k];
        }
      }
      const std::lock_guard lock(mutex);
      sums.add(own);
    });
    const double shifts = options.shifts;
    for (size_t k = 1; k < width; ++k) {
      if (uses[k] < kFewestUses) continue;
      LabelEnrichment one;
      one.label = static_cast<int32_t>(k - 1);
      one.annotation = a;
      one.observed = observed[k];
      one.expected = static_cast<double>(sums.sum[k]) / shifts;
      const double square = static_cast<double>(sums.squares[k]) / shifts;
      one.spread = std::sqrt(std::max(0.0, square - one.expected * one.expected));
      const auto tail = static_cast<double>(std::min(sums.above[k], sums.below[k]));
      one.p_value = std::min(1.0, 2 * (1 + tail) / (1 + shifts));
      findings.labels.push_back(one);
    }
    AnnotationInformation told;
    told.observed = information(observed, uses);
    double above = 0;
    for (const double value : bits) {
      told.shifted += value / shifts;
      above += value >= told.observed;
    }
    told.p_value = (1 + above) / (1 + shifts);
    findings.information.push_back(told);
  }
  std::vector<double> p_values;
  for (const LabelEnrichment& one : findings.labels) p_values.push_back(one.p_value);
  const std::vector<double> q_values = benjamini_hochberg(p_values);
  for (size_t i = 0; i < q_values.size(); ++i) {
    findings.labels[i].q_value = q_values[i];
    findings.found += q_values[i] <= kFoundQ;
  }
  std::stable_sort(findings.labels.begin(), findings.labels.end(),
                   [](const LabelEnrichment& a, const LabelEnrichment& b) {
                     return a.p_value != b.p_value ? a.p_value < b.p_value
                                                   : std::abs(a.z()) > std::abs(b.z());
                   });
  return findings;
}

}  // namespace lexome
