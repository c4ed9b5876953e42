// What is analysed: stretches of a genome, and labellings of their bases. A learned vocabulary's
// levels are labellings, and so are the things they are compared with: 6-mers, clusters of windows,
// an untrained network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/bases.h"

namespace lexome {

struct Stretch {
  std::string contig;
  int64_t start = 0;  // on the contig
  Bases bases;
  int64_t end() const { return start + static_cast<int64_t>(bases.size()); }
};

enum class LabelKind { kLearned, kUntrained, kClusters, kWords };

struct Labelling {
  std::string name;  // "codes, level 1"
  LabelKind kind = LabelKind::kLearned;
  int level = 0;      // that it is or stands beside; words stand beside all
  int64_t codes = 0;  // labels run from 0 to here
  int64_t reach = 0;  // bases each side that a label sees
  // Of each stretch, a label a base; -1 where there is none.
  std::vector<std::vector<int32_t>> labels;
  // The labels that the reverse complement of a stretch gives, laid on the bases of the stretch;
  // empty for stretches that were not read so.
  std::vector<std::vector<int32_t>> reverse;
};

// 6-mers as labels: of the word whose third base a base is.
Labelling word_labels(const std::vector<Stretch>& stretches);

}  // namespace lexome
