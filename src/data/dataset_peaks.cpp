// A data set around intervals: windows on their centres, split by place, with negatives of one of
// three kinds or with the means of a track as targets.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "data/dataset_negatives.h"
#include "data/dataset_parts.h"
#include "data/dataset_places.h"
#include "data/shuffle.h"
#include "data/signal.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kManyMissing = 20;  // more than a twentieth of the negatives is worth a warning

// The offset of a narrowPeak's summit, or -1: column 10 of exactly ten.
int64_t summit_of(const Feature& feature) {
  const std::vector<std::string_view> fields = split(feature.attributes, '\t');
  int64_t summit = -1;
  if (fields.size() != 4 || !parse_int(trim(fields[3]), &summit)) return -1;
  return summit < feature.where.length() ? summit : -1;
}

// The base a window is centred on.
int64_t center_of(const PlacedFeature& placed, const std::string& how, bool summits,
                  const std::string& path) {
  const Locus& where = placed.where;
  if (how == "start") return where.strand == '-' ? where.end - 1 : where.start;
  if (how == "middle" || (how == "auto" && !summits))
    return where.start + (where.end - where.start) / 2;
  const int64_t summit = summit_of(placed.feature);
  if (summit >= 0) return where.start + summit;
  if (how == "auto") return where.start + (where.end - where.start) / 2;
  throw InputError(
      fmt::format("{}:{}: no summit within the interval (column 10 of a narrowPeak); "
                  "--center middle needs none",
                  path, placed.feature.line));
}

class PeakSet {
 public:
  explicit PeakSet(const DatasetRequest& request)
      : request_(request),
        options_(request.options),
        genomes_(GenomeSet::open(request.genomes, request.genome_options)),
        finder_(genomes_),
        map_(genomes_, options_) {}

  DatasetParts make() {
    read_peaks();
    for (const std::string& path : request_.exclude) {
      for (const PlacedFeature& placed :
           read_places(finder_, path, "", request_.skip_bad, &parts_)) {
        excluded_.add(placed.where);
      }
    }
    choose_positives();
    std::string how = options_.negatives;
    if (how == "auto") how = request_.signal.empty() ? "gc-matched" : "none";
    if (!request_.signal.empty()) {
      signal_.emplace(finder_, request_.signal, request_.skip_bad, &parts_);
    }
    const std::vector<Locus> given =
        how.rfind("bed:", 0) == 0 ? windows_of(how.substr(4)) : std::vector<Locus>();
    int64_t found = 0, wanted = 0;
    for (size_t part = 0; part < positives_.size(); ++part) {
      std::vector<DatasetItem> negatives;
      if (how != "none") negatives = negatives_of(how, given, static_cast<int>(part));
      wanted += static_cast<int64_t>(negatives.size());
      fill(part, std::move(negatives), how == "shuffle-dinuc", &found);
    }
    if (wanted > 0 && found == 0) {
      throw InputError(fmt::format(
          "{}: no negatives were found: no window of {} bases is free of intervals and of what is "
          "excluded and has the GC and repeats of a positive; take a smaller --width, exclude "
          "less, "
          "or --negatives shuffle-dinuc",
          request_.peaks, options_.width));
    }
    return std::move(parts_);
  }

 private:
  // The window around a base; false when it does not lie on its contig.
  bool window_around(const Locus& where, int64_t center, Locus* window) const {
    const int64_t length = genomes_.sources()[static_cast<size_t>(where.genome)]
                               .genome.contigs()[static_cast<size_t>(where.contig)]
                               .length;
    *window = where;
    window->start = center - options_.width / 2;
    window->end = window->start + options_.width;
    return window->start >= 0 && window->end <= length;
  }

  void read_peaks() {
    peaks_ = read_places(finder_, request_.peaks, options_.kind, request_.skip_bad, &parts_);
    int64_t longest = 0;
    for (const PlacedFeature& peak : peaks_) {
      longest = std::max(longest, finder_.find(peak.feature.where.contig).end);
    }
    if (longest < options_.width) {
      throw InputError(
          fmt::format("{}: --width {} is longer than every contig that has intervals (at most {} "
                      "bases); take a "
                      "smaller width",
                      request_.peaks, options_.width, with_commas(longest)));
    }
    // Where windows stand on 5' ends, those are the positives, not the genes behind them.
    if (options_.center == "start") return;
    for (const PlacedFeature& peak : peaks_) touched_.add(peak.where);
  }

  void choose_positives() {
    const bool summits = std::any_of(peaks_.begin(), peaks_.end(), [](const PlacedFeature& peak) {
      return summit_of(peak.feature) >= 0;
    });
    int64_t off = 0, unknown = 0, out = 0, across = 0, twice = 0;
    std::set<std::tuple<int32_t, int32_t, int64_t, char>> seen;
    for (const PlacedFeature& peak : peaks_) {
      DatasetItem item;
      item.name = peak.feature.name;
      if (!window_around(peak.where, center_of(peak, options_.center, summits, request_.peaks),
                         &item.where)) {
        ++off;
        continue;
      }
      touched_.add(item.where);
      const Locus& where = item.where;
      if (!seen.emplace(where.genome, where.contig, where.start, where.strand).second) {
        ++twice;
      } else if (excluded_.overlaps(where)) {
        ++out;
      } else if (const int part = map_.part_of(where); part == kNoPart) {
        ++across;
      } else if (!fetch_item(genomes_, options_.max_n, &item)) {
        ++unknown;
      } else {
        positives_[static_cast<size_t>(part)].push_back(std::move(item));
      }
    }
    parts_.leave_out("", off, "windows beyond the ends of their contig");
    parts_.leave_out("", twice, "windows that stand there already");
    parts_.leave_out("", out, "windows in excluded places");
    parts_.leave_out("", across, "windows across the border of two parts");
    parts_.leave_out("", unknown,
                     fmt::format("windows with more than {:.3g} % N", 100 * options_.max_n));
    const bool any = std::any_of(positives_.begin(), positives_.end(),
                                 [](const auto& items) { return !items.empty(); });
    if (!any) {
      throw InputError(fmt::format(
          "{}: none of its {} windows of {} bases can be used (see above); take a smaller --width "
          "or exclude less",
          request_.peaks, with_commas(static_cast<int64_t>(peaks_.size())), options_.width));
    }
  }

  // Windows around the middles of a file's intervals.
  std::vector<Locus> windows_of(const std::string& path) {
    std::vector<Locus> windows;
    int64_t off = 0;
    for (const PlacedFeature& placed : read_places(finder_, path, "", request_.skip_bad, &parts_)) {
      const Locus& where = placed.where;
      Locus window;
      if (window_around(where, where.start + (where.end - where.start) / 2, &window)) {
        windows.push_back(window);
      } else {
        ++off;
      }
    }
    parts_.leave_out("", off, fmt::format("windows of {} beyond the ends of their contig", path));
    return windows;
  }

  std::vector<DatasetItem> negatives_of(const std::string& how, const std::vector<Locus>& given,
                                        int part) const {
    const std::vector<DatasetItem>& like = positives_[static_cast<size_t>(part)];
    const Placement placement{genomes_, map_, touched_, excluded_, options_.max_n};
    if (how == "gc-matched") {
      return matched_windows(placement, part, like, options_.ratio, request_.seed,
                             request_.threads);
    }
    if (how != "shuffle-dinuc") {
      return matched_from(placement, part, like, options_.ratio, given, request_.threads);
    }
    std::vector<DatasetItem> shuffled;
    for (int64_t round = 0; round < options_.ratio; ++round) {
      for (size_t i = 0; i < like.size(); ++i) {
        Random random(request_.seed, Purpose::kShuffle, i,
                      static_cast<uint64_t>(round) << 2 | static_cast<uint64_t>(part));
        DatasetItem item = like[i];
        item.bases = shuffle_dinucleotides(item.bases, &random);
        shuffled.push_back(std::move(item));
      }
    }
    return shuffled;
  }

  void add_row(size_t part, DatasetItem item, int32_t label, bool shuffled) {
    LabelledSet& set = parts_.sets[part];
    LabelledRow row;
    const Genome& genome = genomes_.sources()[static_cast<size_t>(item.where.genome)].genome;
    row.where = {genome.contigs()[static_cast<size_t>(item.where.contig)].name, item.where.start,
                 item.where.end, item.where.strand};
    row.name = item.name.empty() ? to_region(row.where) : std::move(item.name);
    if (shuffled) row.name = "shuffled:" + row.name;
    row.label = label;
    if (signal_) row.value = static_cast<float>(signal_->mean(item.where));
    row.bases = std::move(item.bases);
    set.rows.push_back(std::move(row));
    parts_.masked[part].push_back(shuffled ? -1.0F : static_cast<float>(item.masked));
  }

  // Positives first, then the negatives that were found, in the order of the file.
  void fill(size_t part, std::vector<DatasetItem> negatives, bool shuffled, int64_t* found) {
    LabelledSet& set = parts_.sets[part];
    set.path = kPartNames[part];
    set.regression = signal_.has_value();
    if (!set.regression) set.classes = {"0", "1"};
    for (DatasetItem& item : positives_[part]) add_row(part, std::move(item), 1, false);
    int64_t missing = 0;
    for (DatasetItem& item : negatives) {
      if (item.bases.empty()) {
        ++missing;
        continue;
      }
      add_row(part, std::move(item), 0, shuffled);
      ++*found;
    }
    parts_.leave_out(kPartNames[part], missing,
                     "negatives wanted for which no window of like GC and repeats was free");
    if (missing * kManyMissing > static_cast<int64_t>(negatives.size())) {
      log::warn(
          "{}: only {} of {} negatives were found, so the classes differ in number and in GC; "
          "take a smaller --width, or --negatives shuffle-dinuc",
          kPartNames[part], with_commas(static_cast<int64_t>(negatives.size()) - missing),
          with_commas(static_cast<int64_t>(negatives.size())));
    }
  }

  const DatasetRequest& request_;
  const DatasetOptions& options_;
  GenomeSet genomes_;
  ContigFinder finder_;
  PartMap map_;
  DatasetParts parts_;
  std::vector<PlacedFeature> peaks_;
  Regions touched_, excluded_;  // peaks and the windows around them; --exclude
  std::optional<Signal> signal_;
  std::array<std::vector<DatasetItem>, 3> positives_;
};

}  // namespace

DatasetParts windows_of_peaks(const DatasetRequest& request) { return PeakSet(request).make(); }

}  // namespace lexome
