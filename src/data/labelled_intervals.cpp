#include "data/labelled_intervals.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

// Where the intervals' path ends: at the first '@' behind a name that annotation files have.
size_t split_at(const std::string& path) {
  for (size_t at = path.find('@'); at != std::string::npos; at = path.find('@', at + 1)) {
    if (is_annotation_name(path.substr(0, at)) && at + 1 < path.size()) return at;
  }
  return std::string::npos;
}

}  // namespace

bool LabelledIntervals::names(const std::string& path) {
  std::error_code unknown;
  return split_at(path) != std::string::npos && !std::filesystem::exists(path, unknown);
}

LabelledIntervals::LabelledIntervals(const std::string& path)
    : path_(path.substr(0, split_at(path))),
      genome_(Genome::open(path.substr(split_at(path) + 1))),
      features_(read_features(path_)) {
  if (features_.empty()) throw InputError(fmt::format("{}: the file holds no intervals", path_));
}

int64_t LabelledIntervals::next_line() {
  return next_ == features_.size() ? 0 : features_[next_++].line;
}

std::string LabelledIntervals::read(const std::string& place, const std::string& column,
                                    LabelledRow* row) const {
  const Feature& feature = features_[next_ - 1];
  const int contig = genome_.find_contig(feature.where.contig);
  if (contig < 0) {
    throw InputError(
        fmt::format("{}: contig '{}' is not in {}, whose first contig is '{}'; is the file for "
                    "another assembly? `lexome dataset --alias` takes 1 for chr1",
                    place, feature.where.contig, genome_.path(), genome_.contigs()[0].name));
  }
  const int64_t length = genome_.contigs()[static_cast<size_t>(contig)].length;
  if (feature.where.end > length || feature.where.length() == 0) {
    throw InputError(fmt::format("{}: {} is {}; the contig has {} bases in {}", place,
                                 to_region(feature.where),
                                 feature.where.length() == 0 ? "empty" : "off the contig",
                                 with_commas(length), genome_.path()));
  }
  row->where = feature.where;
  row->name = to_region(feature.where);
  row->bases = genome_.fetch(feature.where);
  if (column.empty() || column == "name") return feature.name;
  if (column == "score") return format_number(feature.score);
  if (column == "kind") return feature.kind;
  throw InputError(fmt::format("{}: the label of an interval is its name, score or kind, not '{}'",
                               place, column));
}

}  // namespace lexome
