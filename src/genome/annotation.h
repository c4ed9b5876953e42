// Intervals with names from BED, GFF3 and GTF, and BED out. Coordinates are 0-based half-open here
// whatever the file says.
#pragma once

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
};

// By name: .bed, .narrowPeak, .gff, .gff3, .gtf (with .gz). Throws InputError with line.
std::vector<Feature> read_features(const std::string& path);
std::string bed_line(const Feature& feature);  // six columns, newline-terminated

}  // namespace lexome
