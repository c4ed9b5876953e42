// Intervals with names from BED, GFF3 and GTF, and BED out. Coordinates are 0-based half-open here
// whatever the file says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lexome/interval.h"

namespace lexome {

struct Feature {
  Interval where;
  std::string name;  // BED column 4; GFF ID or Name; GTF gene_id
  std::string kind;  // GFF/GTF column 3; empty for BED
  double score = 0;
  std::string attributes;  // GFF column 9, BED columns 7 and on, verbatim
  int64_t line = 0;        // of its file
};

// Whether a name ends as those of annotation files do.
bool is_annotation_name(const std::string& path);
// By name: .bed, .narrowPeak, .gff, .gff3, .gtf (with .gz). Throws InputError with line.
std::vector<Feature> read_features(const std::string& path);
// bedGraph (.gz too): use(where, value, line) for every line, in order. Throws InputError with
// line.
void read_bedgraph(
    const std::string& path,
    const std::function<void(const Interval& where, double value, int64_t line)>& use);
// The value of `key` among the attributes of a GFF3 or GTF line, or "".
std::string feature_attribute(const Feature& feature, std::string_view key);
std::string bed_line(const Feature& feature);  // six columns, newline-terminated

}  // namespace lexome
