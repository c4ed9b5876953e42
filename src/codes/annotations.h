// Do labels prefer annotated bases? Counts inside an annotation are judged by circular shifts of
// the annotation within every stretch, which keep how both clump.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codes/labelling.h"

namespace lexome {

struct Annotation {
  struct Range {  // relative to its stretch
    int64_t start = 0, end = 0;
  };
  std::string name;
  std::vector<std::vector<Range>> ranges;  // of each stretch; they do not overlap
  int64_t bases = 0;
};

// BED and GFF files: a kind of feature is an annotation; so is a name of a BED file that has at
// most 40 of them, else the file is one. What covers no base of a stretch, or every base, is left
// out and named in `left_out`. InputError as read_features.
std::vector<Annotation> read_annotations(const std::vector<std::string>& paths,
                                         const std::vector<Stretch>& stretches,
                                         std::vector<std::string>* left_out);

struct LabelEnrichment {
  int32_t label = 0;
  size_t annotation = 0;
  int64_t observed = 0;             // its bases inside
  double expected = 0, spread = 0;  // mean and standard deviation over shifts
  double p_value = 1, q_value = 1;  // two-sided; Benjamini and Hochberg over labels x annotations
  double z() const { return spread > 0 ? (static_cast<double>(observed) - expected) / spread : 0; }
};

// What a whole labelling tells of an annotation: mutual information of label and inside, bits a
// base, and what shifts leave of it.
struct AnnotationInformation {
  double observed = 0, shifted = 0, p_value = 1;
};

struct AnnotationFindings {
  std::vector<LabelEnrichment> labels;  // by p-value, then |z|, falling
  std::vector<AnnotationInformation> information;
  size_t found = 0;  // at q <= kFoundQ
};

inline constexpr double kFoundQ = 0.05;
inline constexpr int64_t kFewestUses = 20;  // labels that occur less often are not tested

struct ShiftOptions {
  int shifts = 1000;
  uint64_t seed = 1;
  int threads = 1;
};

// The same shifts for every labelling of a seed; threads change nothing.
AnnotationFindings annotation_enrichment(const Labelling& labelling,
                                         const std::vector<Annotation>& annotations,
                                         const ShiftOptions& options);

}  // namespace lexome
