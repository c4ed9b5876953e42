#include "segments/unit_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "data/components.h"
#include "report/point_map.h"

namespace lexome {
namespace {

constexpr size_t kReadsAtOnce = 64, kComponents = 8;
constexpr double kDecided = 3;  // standard deviations

bool holds(const BaseClass& one, size_t region, int64_t position) {
  const std::vector<Block>& blocks = one.blocks[region];
  const auto after =
      std::upper_bound(blocks.begin(), blocks.end(), position,
                       [](int64_t at, const Block& block) { return at < block.start; });
  return after != blocks.begin() && std::prev(after)->end > position;
}

// The base at a row between rows; NaN beyond the first and last.
double base_at(const std::vector<int64_t>& base_of_row, double row) {
  const double last = static_cast<double>(base_of_row.size()) - 1;
  if (!(row >= 0 && row <= last)) return std::numeric_limits<double>::quiet_NaN();
  const auto left = static_cast<size_t>(row);
  const double share = row - static_cast<double>(left);
  const double right = share > 0 ? static_cast<double>(base_of_row[left + 1]) : 0;
  return (1 - share) * static_cast<double>(base_of_row[left]) + share * right;
}

// All that is known of one sequence that an expert made units of.
struct Seen {
  int64_t count = 0;
  std::vector<float> sum;
  std::vector<int64_t> by_class;
};

class Collector {
 public:
  explicit Collector(const std::vector<BaseClass>& classes)
      : classes_(classes), of_class_(classes.size(), 0) {}

  void add(const UnitRead& read, const UnitInsides& inside) {
    width_ = inside.width;
    offsets_.resize(inside.taps);
    modulation_.resize(inside.taps);
    outside_.resize(inside.taps, 0);
    bases_ += read.asked_end - read.asked_start;
    for (size_t u = 0; u < inside.units.size(); ++u) {
      const UnitInsides::Unit& unit = inside.units[u];
      const int64_t centre = read.start + unit.centre;
      if (centre < read.asked_start || centre >= read.asked_end) continue;
      const BasesView bases =
          BasesView(read.bases)
              .subspan(static_cast<size_t>(unit.start), static_cast<size_t>(unit.length));
      if (std::count(bases.begin(), bases.end(), kN) > 0) continue;
      ++units_;
      add_taps(inside, u);
      Seen& seen = seen_[{unit.expert, to_letters(bases)}];
      seen.sum.resize(width_, 0);
      seen.by_class.resize(classes_.size(), 0);
      ++seen.count;
      for (size_t j = 0; j < width_; ++j) seen.sum[j] += inside.vectors[u * width_ + j];
      for (size_t c = 0; c < classes_.size(); ++c) {
        if (!holds(classes_[c], read.region, centre)) continue;
        ++seen.by_class[c];
        ++of_class_[c];
      }
    }
  }

  NetworkUnits finish(uint64_t seed) {
    NetworkUnits out;
    out.bases = bases_;
    out.units = units_;
    out.distinct = static_cast<int64_t>(seen_.size());
    map_units(seed, &out);
    for (size_t tap = 0; tap < offsets_.size() && units_ > 0; ++tap) out.taps.push_back(taps(tap));
    return out;
  }

 private:
  void add_taps(const UnitInsides& inside, size_t u) {
    const auto rows = static_cast<double>(inside.base_of_row.size());
    for (size_t tap = 0; tap < inside.taps; ++tap) {
      const float offset = inside.offsets[u * inside.taps + tap];
      offsets_[tap].push_back(offset);
      modulation_[tap].push_back(inside.modulation[u * inside.taps + tap]);
      const double at = static_cast<double>(inside.units[u].row) + static_cast<double>(tap) -
                        static_cast<double>(inside.taps / 2) + static_cast<double>(offset);
      outside_[tap] += at <= -1 || at >= rows;
    }
  }

  std::string home(const Seen& seen) const {
    double best = kDecided;
    std::string name = "any";
    for (size_t c = 0; c < classes_.size(); ++c) {
      const double expected = static_cast<double>(seen.count) * static_cast<double>(of_class_[c]) /
                              static_cast<double>(units_);
      const double beyond =
          (static_cast<double>(seen.by_class[c]) - expected) / std::sqrt(expected);
      if (expected > 0 && beyond > best) {
        best = beyond;
        name = classes_[c].name;
      }
    }
    return name;
  }

  void map_units(uint64_t seed, NetworkUnits* out) const {
    std::vector<float> rows;
    std::vector<size_t> lengths, homes;
    std::map<std::string, size_t> number;
    const std::vector<size_t> sample = mapped_sample(seen_.size(), seed);
    auto next = sample.begin();
    size_t at = 0;
    for (const auto& [key, seen] : seen_) {
      if (next == sample.end()) break;
      if (at++ != *next) continue;
      ++next;
      MappedUnit& unit = out->mapped.emplace_back();
      unit.expert = key.first;
      unit.sequence = key.second;
      unit.count = seen.count;
      unit.home = home(seen);
      for (const float sum : seen.sum) rows.push_back(sum / static_cast<float>(seen.count));
      lengths.push_back(unit.sequence.size());
      homes.push_back(number.emplace(unit.home, number.size()).first->second);
    }
    Components components = dense_components(rows, width_, kComponents);
    out->shares = std::move(components.shares);
    for (size_t i = 0; i < out->mapped.size(); ++i)
      out->mapped[i].components = std::move(components.points[i]);
    out->by_length = between(rows, lengths);
    out->by_home = between(rows, homes);
  }

  // Share of the rows' variance that lies between groups.
  double between(const std::vector<float>& rows, const std::vector<size_t>& groups) const {
    const size_t n = groups.size();
    std::map<size_t, std::vector<double>> sums;
    std::map<size_t, double> counts;
    std::vector<double> mean(width_, 0);
    for (size_t i = 0; i < n; ++i) {
      std::vector<double>& sum = sums[groups[i]];
      sum.resize(width_, 0);
      counts[groups[i]] += 1;
      for (size_t j = 0; j < width_; ++j) {
        sum[j] += static_cast<double>(rows[i * width_ + j]);
        mean[j] += static_cast<double>(rows[i * width_ + j]) / static_cast<double>(n);
      }
    }
    double total = 0, explained = 0;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < width_; ++j) {
        const double beside = static_cast<double>(rows[i * width_ + j]) - mean[j];
        const double group = sums[groups[i]][j] / counts[groups[i]] - mean[j];
        total += beside * beside;
        explained += group * group;
      }
    }
    return total > 0 ? explained / total : 0;
  }

  TapSummary taps(size_t tap) const {
    std::vector<float> sorted = offsets_[tap];
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    const auto quantile = [&](double share) {
      return static_cast<double>(sorted[static_cast<size_t>(share * (n - 1) + 0.5)]);
    };
    const auto moments = [&](const std::vector<float>& values, double* mean, double* deviation) {
      double squares = 0;
      for (const float value : values) {
        *mean += static_cast<double>(value) / n;
        squares += static_cast<double>(value) * static_cast<double>(value) / n;
      }
      *deviation = std::sqrt(std::max(0.0, squares - *mean * *mean));
    };
    TapSummary out;
    out.tap = static_cast<int64_t>(tap) - static_cast<int64_t>(offsets_.size() / 2);
    moments(offsets_[tap], &out.mean, &out.deviation);
    moments(modulation_[tap], &out.modulation, &out.modulation_deviation);
    out.low = quantile(0.05);
    out.median = quantile(0.5);
    out.high = quantile(0.95);
    out.beyond_one = static_cast<double>(std::count_if(sorted.begin(), sorted.end(),
                                                       [](float x) { return std::abs(x) > 1; })) /
                     n;
    out.outside = static_cast<double>(outside_[tap]) / n;
    return out;
  }

  const std::vector<BaseClass>& classes_;
  size_t width_ = 0;
  int64_t bases_ = 0, units_ = 0;
  std::vector<int64_t> of_class_;
  std::map<std::pair<int64_t, std::string>, Seen> seen_;  // by expert and letters
  std::vector<std::vector<float>> offsets_, modulation_;  // by tap
  std::vector<int64_t> outside_;
};

}  // namespace

std::vector<ViewedTap> taps_over(const std::string& name, const InsideUnits& network,
                                 const std::vector<UnitRead>& reads, const Interval& stretch) {
  std::vector<ViewedTap> out;
  std::vector<Bases> bases;
  for (const UnitRead& read : reads) bases.push_back(read.bases);
  const std::vector<UnitInsides> insides = network.look(bases);
  for (size_t r = 0; r < reads.size(); ++r) {
    const UnitInsides& inside = insides[r];
    for (size_t u = 0; u < inside.units.size(); ++u) {
      const UnitInsides::Unit& unit = inside.units[u];
      const int64_t centre = reads[r].start + unit.centre, start = reads[r].start + unit.start;
      if (centre < reads[r].asked_start || centre >= reads[r].asked_end) continue;
      for (size_t tap = 0; tap < inside.taps; ++tap) {
        ViewedTap& one = out.emplace_back();
        one.tokenizer = name;
        one.unit = {stretch.contig, start, start + unit.length, '+'};
        one.expert = unit.expert;
        one.tap = static_cast<int64_t>(tap) - static_cast<int64_t>(inside.taps / 2);
        one.offset = static_cast<double>(inside.offsets[u * inside.taps + tap]);
        one.modulation = static_cast<double>(inside.modulation[u * inside.taps + tap]);
        one.from = static_cast<double>(centre) + 0.5;
        const double row = static_cast<double>(unit.row + one.tap) + one.offset;
        one.reads = static_cast<double>(reads[r].start) + 0.5 + base_at(inside.base_of_row, row);
      }
    }
  }
  return out;
}

NetworkUnits network_units(const std::string& name, bool trained, const InsideUnits& network,
                           const std::vector<UnitRead>& reads,
                           const std::vector<BaseClass>& classes, uint64_t seed) {
  Collector collector(classes);
  for (size_t first = 0; first < reads.size(); first += kReadsAtOnce) {
    const size_t last = std::min(reads.size(), first + kReadsAtOnce);
    std::vector<Bases> bases;
    for (size_t i = first; i < last; ++i) bases.push_back(reads[i].bases);
    const std::vector<UnitInsides> insides = network.look(bases);
    for (size_t i = first; i < last; ++i) collector.add(reads[i], insides[i - first]);
  }
  NetworkUnits out = collector.finish(seed);
  out.name = name;
  out.trained = trained;
  return out;
}

}  // namespace lexome
